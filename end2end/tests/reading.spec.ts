// Reading: without scripts, in light and dark, on a phone, and with assistive technology.

import { fileURLToPath } from "node:url";
import type { Browser, Page } from "@playwright/test";
import { expect, hydrated, PASSWORD, test, type Product } from "./fixtures.ts";
import { appSecretItem, portalUserItem } from "./steps.ts";

const AXE = fileURLToPath(new URL("../node_modules/axe-core/axe.min.js", import.meta.url));

async function signIn(page: Page, product: Product): Promise<void> {
  await page.goto(product.url);
  await page.getByLabel("User name").fill("admin");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("link", { name: "Items" }).first()).toBeVisible();
}

async function fill(product: Product): Promise<void> {
  await appSecretItem(product, "/ci/payments");
  await portalUserItem(product, "/people/auditor");
  for (const secret of ["/ci/payments", "/people/auditor"]) {
    await product.call("leases/generate", { secret, reason: "CHG-1042" });
  }
}

test("without scripts: signing in and reading work", async ({ browser, product }) => {
  await fill(product);
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await signIn(page, product);
  await page.goto(`${product.url}/items`);
  for (const name of ["payments", "auditor"]) {
    await expect(page.getByRole("table").getByRole("link", { name, exact: true })).toBeVisible();
  }
  await page.goto(`${product.url}/leases`);
  await expect(page.getByRole("row")).toHaveCount(3);
  await expect(page.locator(".badge", { hasText: "Active" })).toHaveCount(2);
  await context.close();
});

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [1280, 360]) {
    test(`no accessibility violations: ${colorScheme}, ${width} px`, async ({ browser, product }) => {
      await fill(product);
      const page = await open(browser, colorScheme, width);
      await page.goto(`${product.url}/sign-in`);
      const found = [await violations(page)];
      await signIn(page, product);
      const [lease] = (await product.call("leases/list", {})).items;
      const paths = ["", "items", "items/at/ci/payments", "leases", `leases/${lease.id}`, "targets", "targets/at/contoso", "targets/new", "items/new", "items/new?kind=portal_user"];
      for (const path of paths) {
        await page.goto(`${product.url}/${path}`);
        await hydrated(page);
        found.push(await violations(page));
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect.soft(overflow, `${path}: wider than the window`).toBeLessThanOrEqual(0);
      }
      expect(found.flat()).toEqual([]);
      await page.context().close();
    });
  }
}

async function open(browser: Browser, colorScheme: "light" | "dark", width: number): Promise<Page> {
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 }, bypassCSP: true });
  return context.newPage();
}

/** What axe-core finds on the page, one line each. */
async function violations(page: Page): Promise<string[]> {
  await page.addScriptTag({ path: AXE });
  const address = new URL(page.url()).pathname;
  const found = await page.evaluate(() => (window as any).axe.run());
  return found.violations.map((it: any) => `${address}: ${it.id}: ${it.nodes.map((node: any) => node.html.slice(0, 160)).join(" | ")}`);
}
