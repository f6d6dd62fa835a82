// Groups and roles for a user who exists: made in the console, given to somebody by name, and taken away again.

import { expect, hydrated, test } from "./fixtures.ts";
import { pick, revoke, ROLE } from "./steps.ts";

test("an existing user: given a group and a role, which are taken away at the revocation", async ({
  signedIn: page,
  product,
}) => {
  const { user_id, user_principal_name, security_group_id, roles } = product.tenant as any;
  const local = (user_principal_name as string).split("@")[0];
  await page.goto(`${product.url}/items/new`);
  await hydrated(page);
  await page.getByRole("radio", { name: /^Existing user/ }).check();
  await page.getByLabel("Name", { exact: true }).fill("helper");
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await expect(page.getByRole("link", { name: "Choose at least one group or directory role" })).toBeVisible();
  await pick(page, "Groups", "platform", /platform engineers/i);
  await pick(page, "Directory roles", ROLE.slice(0, 7), new RegExp(`^${ROLE}`));
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await expect(page.getByRole("heading", { name: "helper", level: 1 })).toBeVisible();

  await page.getByRole("button", { name: "Generate /helper" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Generate", exact: true }).click();
  await expect(dialog.getByText(/choose the user who gets it/i)).toBeVisible();
  await pick(page, "User", local, new RegExp(local.split(".")[0], "i"));
  await dialog.getByRole("button", { name: "Generate", exact: true }).click();

  const card = page.getByRole("region", { name: "What was granted" });
  await expect(card).toContainText(
    new RegExp(`Platform Engineers and ${ROLE} added to ${user_principal_name.replaceAll(".", "\\.")}, until `),
  );
  await expect(card.getByText("Shown once.")).toHaveCount(0);
  await expect(card.getByRole("button", { name: /Reveal/ })).toHaveCount(0);
  const ledger = await product.emulator("GET", "ledger");
  expect(ledger.memberships).toMatchObject([{ group_id: security_group_id, member_id: user_id }]);
  expect(ledger.role_assignments).toMatchObject([{ principal_id: user_id, role_definition_id: roles[ROLE] }]);

  // Nothing secret was shown, so nothing asks before one leaves.
  await card.getByRole("link", { name: "Open the lease" }).click();
  await expect(page.getByRole("heading", { name: user_principal_name, level: 1 })).toBeVisible();
  await revoke(page);
  expect(await product.alive()).toEqual([]);
});

test("what the user had before is shown as such, and stays", async ({ signedIn: page, product }) => {
  const { client_id, client_secret, graph_url, user_id, user_principal_name, security_group_id, roles } =
    product.tenant as any;
  // Somebody else has added the user.
  const { body } = await product.tokenFor(client_id, client_secret);
  const added = await fetch(`${graph_url}/groups/${security_group_id}/members/$ref`, {
    method: "POST",
    headers: { authorization: `Bearer ${body.access_token}`, "content-type": "application/json" },
    body: JSON.stringify({ "@odata.id": `${graph_url}/directoryObjects/${user_id}` }),
  });
  expect(added.status).toBe(204);
  await product.call("secrets/create", {
    path: "/helper",
    target: "contoso",
    spec: { user_grants: { groups: [security_group_id], roles: [roles[ROLE]] } },
    default_ttl: "1h",
    max_ttl: "1d",
  });
  const { lease } = await product.call("leases/generate", { secret: "/helper", username: user_principal_name });
  await page.goto(`${product.url}/leases/${lease.id}`);
  await hydrated(page);
  await expect(page.getByRole("row", { name: /member of Platform Engineers/ })).toContainText("Had before, stays");
  await expect(page.getByRole("row", { name: new RegExp(`role ${ROLE}`) })).toContainText("In Entra");
  await revoke(page);
  expect(await product.alive()).toMatchObject([{ group_id: security_group_id, member_id: user_id }]);
});
