// What several tests do on the way to what they are about.

import { expect, type Page } from "@playwright/test";
import { hydrated, type Product } from "./fixtures.ts";

/** The role that the tests hand out. */
export const ROLE = "Reports Reader";

/** Chooses an entry of a picker by its name, as a person does: types a part of it and presses the entry. */
export async function pick(page: Page, label: string, typed: string, name: string | RegExp): Promise<void> {
  await page.getByRole("combobox", { name: label }).pressSequentially(typed);
  await page.getByRole("listbox", { name: label }).getByRole("option", { name }).click();
}

/** Opens the Generate dialog of an item and takes out a lease. */
export async function generate(page: Page, product: Product, path: string): Promise<void> {
  await page.goto(`${product.url}/items/at${path}`);
  await hydrated(page);
  await page.getByRole("button", { name: `Generate ${path}` }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Generate", exact: true }).click();
}

/** Revokes the lease that the page shows, and waits until Entra has confirmed. */
export async function revoke(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^Revoke / }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Revoke", exact: true }).click();
  await expect(dialog.getByText(/^Revoked in Entra/)).toBeVisible();
  await dialog.locator(".dialog-actions").getByRole("button", { name: "Close" }).click();
  await expect(page.locator(".badge", { hasText: "Revoked" }).first()).toBeVisible();
}

/** An item of an application's secrets, made through the API. */
export async function appSecretItem(product: Product, path: string, application = product.tenant.owned_application_id) {
  await product.call("secrets/create", {
    path,
    target: "contoso",
    spec: { app_secret: { application_object_id: application } },
    default_ttl: "1h",
    max_ttl: "1d",
  });
}

/** An item of temporary users, made through the API. */
export async function portalUserItem(product: Product, path: string) {
  const { domain, security_group_id, roles } = product.tenant as any;
  await product.call("secrets/create", {
    path,
    target: "contoso",
    spec: { portal_user: { domain, groups: [security_group_id], roles: [roles[ROLE]] } },
    default_ttl: "1h",
    max_ttl: "1d",
  });
}
