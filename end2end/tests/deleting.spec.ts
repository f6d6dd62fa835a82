// Deleting what is in use: it says how much is left, and goes by itself. And giving up what Entra never lets go.

import { expect, hydrated, test, type Product } from "./fixtures.ts";
import { appSecretItem } from "./steps.ts";

/** From now on Entra answers with this status where a client secret is to be removed. */
async function keepsSecrets(product: Product, status: number): Promise<void> {
  await product.emulator("POST", "faults", { kind: "status", status, method: "POST", path: "removePassword", times: 100000 });
}

test("an item in use is deleted through an outage, and goes by itself", async ({ signedIn: page, product }) => {
  await appSecretItem(product, "/ci/payments");
  await product.call("leases/generate", { secret: "/ci/payments" });
  await keepsSecrets(product, 503);
  await page.goto(`${product.url}/items/at/ci/payments`);
  await hydrated(page);
  await page.getByRole("button", { name: "Delete /ci/payments" }).click();
  const dialog = page.getByRole("dialog");
  const sure = dialog.getByRole("button", { name: "Delete", exact: true });
  await dialog.getByLabel("Type payments to confirm").fill("payments");
  await expect(sure).toBeDisabled();
  await dialog.getByLabel("Also revoke 1 live lease").check();
  await sure.click();
  await expect(dialog.getByText(/^Being deleted: 1 lease still being taken back/)).toBeVisible();
  await dialog.locator(".dialog-actions").getByRole("button", { name: "Close" }).click();
  await expect(page.locator(".badge", { hasText: "Being deleted" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Generate /ci/payments" })).toBeDisabled();
  await page.goto(`${product.url}/items`);
  const row = page.getByRole("row", { name: /payments/ });
  await expect(row.getByText("1 lease left")).toBeVisible();

  await product.emulator("DELETE", "faults");
  await product.advance(10 * 60);
  await expect.poll(() => product.alive(), { timeout: 30_000 }).toEqual([]);
  await expect.poll(async () => (await product.call("secrets/list", {})).items, { timeout: 30_000 }).toEqual([]);
  await page.reload();
  await expect(page.getByText("Nothing here yet")).toBeVisible();
});

test("a folder and then its target are deleted", async ({ signedIn: page, product }) => {
  for (const path of ["/ci/payments", "/ci/eu/billing"]) await appSecretItem(product, path);
  await product.call("leases/generate", { secret: "/ci/payments" });
  await page.goto(`${product.url}/targets/at/contoso`);
  await hydrated(page);
  await expect(page.getByRole("button", { name: "Delete contoso" })).toBeDisabled();

  await page.goto(`${product.url}/items?folder=/ci`);
  await hydrated(page);
  await page.getByRole("button", { name: "Delete /ci", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByText(/^2 items in it and below it/)).toBeVisible();
  await dialog.getByLabel("Type /ci to confirm").fill("/ci");
  const sure = dialog.getByRole("button", { name: "Delete", exact: true });
  await sure.click();
  await expect(dialog.getByText(/\/ci\/payments/)).toBeVisible();
  expect((await product.call("secrets/list", {})).items).toHaveLength(2);
  await dialog.getByLabel("Also revoke the live leases of these items").check();
  await sure.click();
  await expect(dialog.getByText(/^\/ci is deleted/)).toBeVisible({ timeout: 30_000 });
  expect(await product.alive()).toEqual([]);
  await dialog.locator(".dialog-actions").getByRole("button", { name: "Close" }).click();
  await expect(page.getByText("Nothing here yet")).toBeVisible();

  await page.goto(`${product.url}/targets/at/contoso`);
  await hydrated(page);
  await page.getByRole("button", { name: "Delete contoso" }).click();
  await dialog.getByLabel("Type contoso to confirm").fill("contoso");
  await sure.click();
  await expect(dialog.getByText(/^contoso is deleted/)).toBeVisible();
  await dialog.locator(".dialog-actions").getByRole("button", { name: "Close" }).click();
  await expect(page.getByText("No targets yet")).toBeVisible();
});

test("what Entra never lets go is given up, and nobody calls it gone", async ({ signedIn: page, product }) => {
  await appSecretItem(product, "/ci/payments");
  const { lease, issued } = await product.call("leases/generate", { secret: "/ci/payments" });
  await keepsSecrets(product, 403);
  await product.call("leases/revoke", { lease: lease.id, wait: false });
  const look = async () => {
    await product.advance(5 * 60);
    return (await product.call("leases/get", { lease: lease.id })).needs_attention;
  };
  await expect.poll(look, { timeout: 30_000 }).toBe(true);

  await page.goto(`${product.url}/leases/${lease.id}`);
  await hydrated(page);
  await page.getByRole("button", { name: /^Stop trying…/ }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByText(issued.key_id)).toBeVisible();
  await dialog.getByRole("button", { name: "Stop trying", exact: true }).click();
  await expect(dialog.getByText(/say why/i)).toBeVisible();
  await dialog.getByLabel("Why nobody should go on trying").fill("its owner locked the application");
  await dialog.getByRole("button", { name: "Stop trying", exact: true }).click();

  await expect(page.locator(".badge", { hasText: "Given up" })).toBeVisible();
  await expect(page.getByText("its owner locked the application")).toBeVisible();
  await expect(page.getByText(`--key-id ${issued.key_id}`)).toBeVisible();
  await expect(page.getByText(/^Revoked|Gone from Entra/)).toHaveCount(0);
  await page.goto(`${product.url}/leases?state=abandoned`);
  await hydrated(page);
  await expect(page.getByRole("link", { name: "Given up 1" })).toBeVisible();
  await expect(page.getByRole("row")).toHaveCount(2);
  await page.goto(`${product.url}/leases?state=needs_attention`);
  await expect(page.getByText("Nothing needs attention")).toBeVisible();
});
