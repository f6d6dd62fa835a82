import { defineConfig } from "@playwright/test";

// Each test starts a `leasehold demo` of its own (tests/fixtures.ts), so that none sees another's leases or moves another's
// clock. Chromium comes from the machine: CHROMIUM names it.
export default defineConfig({
  testDir: "./tests",
  timeout: 60_000,
  expect: { timeout: 10_000 },
  workers: 2,
  retries: 0,
  forbidOnly: true,
  reporter: [["list"]],
  use: {
    locale: "en-GB",
    timezoneId: "UTC",
    viewport: { width: 1280, height: 900 },
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM || undefined,
      args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-quic", "--disable-sync", "--no-first-run"],
    },
  },
});
