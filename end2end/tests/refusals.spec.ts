// What is refused is explained, and what was shown once is not shown again.

import { expect, test } from "./fixtures.ts";
import { appSecretItem, generate, portalUserItem } from "./steps.ts";

test("a missing permission is named where Generate fails", async ({ signedIn: page, product }) => {
  await portalUserItem(product, "/people/auditor");
  await product.emulator("POST", "permissions", {
    client_id: product.tenant.client_id,
    roles: ["Directory.Read.All", "GroupMember.ReadWrite.All", "RoleManagement.ReadWrite.Directory"],
  });
  // The token that is held still carries what was taken away; testing takes a new one.
  const tested = await product.call("targets/test", { name: "contoso" });
  expect(tested.permissions).toContainEqual(expect.objectContaining({ permission: "User.ReadWrite.All", held: false }));

  await generate(page, product, "/people/auditor");
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByText(/User\.ReadWrite\.All/)).toBeVisible();
  await expect(dialog.getByRole("region", { name: "Credential" })).toHaveCount(0);
  expect(await product.alive()).toEqual([]);
});

test("a reload shows no secret", async ({ signedIn: page, product }) => {
  await appSecretItem(product, "/ci/payments");
  await generate(page, product, "/ci/payments");
  const row = page.getByRole("row", { name: /Client secret/ });
  await row.getByRole("button", { name: "Reveal client secret" }).click();
  const secret = (await row.locator("code").innerText()).trim();
  expect((await product.tokenFor(product.tenant.owned_application_client_id as string, secret)).status).toBe(200);
  await page.getByRole("button", { name: "I've saved it" }).click();
  const answer = await page.reload();
  expect(await answer!.text()).not.toContain(secret);
  expect(await page.content()).not.toContain(secret);
  await expect(page.getByRole("link", { name: /^lease|payments/i }).first()).toBeVisible();
  const lists = await product.call("leases/list", {});
  const detail = await product.call("leases/get", { lease: lists.items[0].id });
  expect(JSON.stringify([lists, detail])).not.toContain(secret);
});
