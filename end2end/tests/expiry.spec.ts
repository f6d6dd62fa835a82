// Nobody is there when the time is up: the lease ends all the same.

import { expect, hydrated, test } from "./fixtures.ts";
import { appSecretItem, portalUserItem } from "./steps.ts";

test("leases end unasked when their time is up", async ({ signedIn: page, product }) => {
  await appSecretItem(product, "/ci/payments");
  await portalUserItem(product, "/people/auditor");
  const leases = [];
  for (const secret of ["/ci/payments", "/people/auditor"]) {
    leases.push((await product.call("leases/generate", { secret, ttl: "10m" })).lease);
  }
  expect(await product.alive()).not.toEqual([]);
  await product.advance(5 * 60);
  for (const { id } of leases) {
    expect((await product.call("leases/get", { lease: id })).state).toBe("active");
  }

  await product.advance(6 * 60);
  await expect.poll(() => product.alive(), { timeout: 30_000 }).toEqual([]);
  const state = async (id: string) => (await product.call("leases/get", { lease: id })).state;
  for (const { id } of leases) await expect.poll(() => state(id)).toBe("expired");
  await page.goto(`${product.url}/leases?state=expired`);
  await hydrated(page);
  await expect(page.locator(".badge", { hasText: "Expired" })).toHaveCount(2);
});
