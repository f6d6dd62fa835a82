// An application's secret from the first form to the revocation, as a person goes through it.

import type { BrowserContext } from "@playwright/test";
import { expect, hydrated, test } from "./fixtures.ts";
import { generate, pick, revoke } from "./steps.ts";

test("an app secret: target, item, generate, use, renew, revoke", async ({ signedIn: page, product, context }) => {
  const { tenant } = product;
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);

  await page.goto(`${product.url}/targets/new`);
  await hydrated(page);
  await page.getByLabel("Name", { exact: true }).fill("fabrikam");
  await page.getByLabel("Tenant ID or domain").fill(tenant.tenant_id);
  await page.getByLabel("Cloud").selectOption({ label: "Custom addresses" });
  await page.getByLabel("Authority").fill(product.emulatorUrl);
  await page.getByLabel("Microsoft Graph").fill(product.emulatorUrl);
  await page.getByLabel("Application (client) ID").fill(tenant.client_id);
  await page.getByLabel("Client secret").fill(tenant.client_secret);
  await page.getByRole("button", { name: "Create target" }).click();
  await expect(page.getByRole("heading", { name: "fabrikam" })).toBeVisible();
  await page.getByRole("button", { name: "Test connection" }).click();
  await expect(page.getByText("Connected; every permission is held")).toBeVisible();
  await expect(page.locator(".checks .badly")).toHaveCount(0);
  expect(await page.locator(".checks .well").count()).toBeGreaterThan(1);

  await page.getByRole("link", { name: "New dynamic secret" }).click();
  await page.getByLabel("Name", { exact: true }).fill("deploy");
  await page.getByLabel("Location").fill("/prod/payments");
  await expect(page.getByLabel("Target", { exact: true })).toHaveValue("fabrikam");
  await pick(page, "Application", "payments", /payments/i);
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await expect(page.getByRole("heading", { name: "deploy", level: 1 })).toBeVisible();

  await generate(page, product, "/prod/payments/deploy");
  const card = page.getByRole("region", { name: "Credential" });
  const row = card.getByRole("row", { name: /Client secret/ });
  await expect(row.getByRole("img", { name: "hidden" })).toBeVisible();
  await row.getByRole("button", { name: "Reveal client secret" }).click();
  const secret = (await row.locator("code").innerText()).trim();
  await row.getByRole("button", { name: "Copy client secret" }).click();
  await expect(row.getByText("Copied ✓")).toBeVisible();
  expect(await pasted(context)).toBe(secret);
  const clientId = tenant.owned_application_client_id as string;
  expect((await product.tokenFor(clientId, secret)).status).toBe(200);
  expect(await product.alive()).toHaveLength(1);

  await card.getByRole("link", { name: "Open the lease" }).click();
  await page.getByRole("button", { name: /^Renew / }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Time to add").fill("2h");
  await dialog.getByRole("button", { name: "Renew", exact: true }).click();
  await expect(dialog.getByText(/^Renewed: ends/)).toBeVisible();
  await dialog.locator(".dialog-actions").getByRole("button", { name: "Close" }).click();
  expect((await product.tokenFor(clientId, secret)).status).toBe(200);

  await revoke(page);
  expect(await product.alive()).toEqual([]);
  const refused = await product.tokenFor(clientId, secret);
  expect(refused.status).toBe(401);
  expect(refused.body.error_description).toContain("AADSTS7000215");
});

/** What is on the clipboard: pasted elsewhere, because the console's own policy forbids its pages to read it. */
async function pasted(context: BrowserContext): Promise<string> {
  const pad = await context.newPage();
  await pad.setContent("<textarea autofocus></textarea>");
  await pad.locator("textarea").press("ControlOrMeta+v");
  const text = await pad.locator("textarea").inputValue();
  await pad.close();
  return text;
}
