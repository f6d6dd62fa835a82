// A temporary user with a group and a role: it is there while the lease lasts, and gone for good after it.

import { expect, hydrated, test } from "./fixtures.ts";
import { generate, pick, revoke, ROLE } from "./steps.ts";

test("a portal user: made with its group and role, purged at the revocation", async ({ signedIn: page, product }) => {
  const domain = product.tenant.domain as string;
  await page.goto(`${product.url}/items/new`);
  await hydrated(page);
  await page.getByRole("radio", { name: /^Temporary portal user/ }).check();
  await page.getByLabel("Name", { exact: true }).fill("auditor");
  await page.getByLabel("Domain", { exact: true }).selectOption(domain);
  await pick(page, "Groups", "platform", /platform engineers/i);
  await pick(page, "Directory roles", ROLE.slice(0, 7), new RegExp(`^${ROLE}`));
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await expect(page.getByRole("heading", { name: "auditor", level: 1 })).toBeVisible();

  await generate(page, product, "/auditor");
  const card = page.getByRole("region", { name: "Credential" });
  const cell = (name: string) => card.getByRole("row", { name: new RegExp(`^${name}`) });
  const userName = (await cell("User name").locator("code").innerText()).trim();
  await cell("Password").getByRole("button", { name: "Reveal password" }).click();
  const password = (await cell("Password").locator("code").innerText()).trim();
  const signIn = () =>
    product.emulator("POST", "sign-in", { user_principal_name: userName, password });
  expect(await signIn()).toMatchObject({ ok: true });
  const ledger = await product.emulator("GET", "ledger");
  expect(ledger.users).toMatchObject([{ user_principal_name: userName, account_enabled: true }]);
  const { id } = ledger.users[0];
  expect(ledger.memberships).toMatchObject([{ group_id: product.tenant.security_group_id, member_id: id }]);
  const role = (product.tenant.roles as Record<string, string>)[ROLE];
  expect(ledger.role_assignments).toMatchObject([{ principal_id: id, role_definition_id: role }]);

  await card.getByRole("button", { name: "I've saved it" }).click();
  await card.getByRole("link", { name: "Open the lease" }).click();
  await revoke(page);
  expect(await product.alive()).toEqual([]);
  expect(await signIn()).toMatchObject({ ok: false });
});
