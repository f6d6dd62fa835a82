// What the tenant holds of ours that no lease knows: found on the target's page, named before it goes, and gone afterwards.

import { expect, hydrated, test, type Product } from "./fixtures.ts";
import { appSecretItem } from "./steps.ts";

/** A user with this installation's marker and the id of a lease that nobody knows. */
async function strayUser(product: Product): Promise<void> {
  const ledger = await product.emulator("GET", "ledger");
  const installation = ledger.app_passwords[0].display_name.replace(/:[^:]*$/, "");
  const { tenant } = product;
  const { body } = await product.tokenFor(tenant.client_id, tenant.client_secret);
  const answer = await fetch(`${product.emulatorUrl}/v1.0/users`, {
    method: "POST",
    headers: { authorization: `Bearer ${body.access_token}`, "content-type": "application/json" },
    body: JSON.stringify({
      accountEnabled: true,
      displayName: "stray",
      mailNickname: "stray",
      userPrincipalName: `stray@${tenant.domain}`,
      employeeType: `${installation}:lse_${"0".repeat(31)}9`,
      passwordProfile: { password: "Correct-horse-9-battery" },
    }),
  });
  expect(answer.status).toBe(201);
}

test("what is left in Entra is found, named and cleaned up", async ({ signedIn: page, product }) => {
  await appSecretItem(product, "/ci/payments");
  await product.call("leases/generate", { secret: "/ci/payments" });
  await page.goto(`${product.url}/targets/at/contoso`);
  await hydrated(page);
  const section = page.getByRole("region", { name: "Left in Entra" });
  await expect(section.getByText("Not checked yet.")).toBeVisible();
  await section.getByRole("button", { name: "Check now" }).click();
  await expect(section.getByText("Nothing of ours is left in Entra that no lease knows")).toBeVisible();
  await expect(section.getByText("1 user or client secret is held by a live lease.")).toBeVisible();
  await expect(section.getByRole("button", { name: /Clean up/ })).toHaveCount(0);

  await strayUser(product);
  await section.getByRole("button", { name: "Check now" }).click();
  await expect(section.getByRole("row", { name: /stray@/ })).toContainText("No lease of this id is known here");
  await section.getByRole("button", { name: "Clean up contoso" }).click();
  const dialog = page.getByRole("dialog", { name: "Clean up contoso" });
  await expect(dialog.getByText(/^user stray@/)).toBeVisible();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  expect((await product.emulator("GET", "ledger")).users).toHaveLength(1);

  await section.getByRole("button", { name: "Clean up contoso" }).click();
  await dialog.getByRole("button", { name: "Remove 1 thing from Entra" }).click();
  await expect(dialog.getByText("Removed 1 thing; Entra has confirmed it.")).toBeVisible();
  await dialog.locator(".dialog-actions").getByRole("button", { name: "Close" }).click();
  await expect(section.getByRole("row", { name: /stray@/ })).toContainText("Removed");
  const ledger = await product.emulator("GET", "ledger");
  expect([ledger.users.length, ledger.deleted_users.length, ledger.app_passwords.length]).toEqual([0, 0, 1]);
});

test("a check that Entra refuses says which permission is missing", async ({ signedIn: page, product }) => {
  await product.emulator("POST", "permissions", { client_id: product.tenant.client_id, roles: [] });
  await page.goto(`${product.url}/targets/at/contoso`);
  await hydrated(page);
  const section = page.getByRole("region", { name: "Left in Entra" });
  await section.getByRole("button", { name: "Check now" }).click();
  await expect(section.getByText("The last check failed")).toBeVisible();
  await expect(section.getByText(/User\.Read\.All/).first()).toBeVisible();
  await expect(section.getByText("Nothing of ours is left")).toHaveCount(0);
});
