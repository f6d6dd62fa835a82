// A running product for each test: `leasehold demo` on a port of its own, and what a test needs to know of its tenant.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, test as base, type APIRequestContext, type Page } from "@playwright/test";

const BINARY = process.env.LEASEHOLD ?? "leasehold";
const PASSWORD = "correct horse battery staple";
const TOKEN = "end2end-bootstrap-token-of-forty-characters";

/** The simulated tenant, as the emulator tells it. */
export type Tenant = {
  tenant_id: string;
  client_id: string;
  client_secret: string;
  owned_application_id: string;
  [fact: string]: unknown;
};

/** The running product. */
export class Product {
  constructor(
    readonly url: string,
    readonly emulatorUrl: string,
    readonly tenant: Tenant,
    private readonly request: APIRequestContext,
  ) {}

  /** A call of the API, as the administrator's token. */
  async call(name: string, body: unknown = {}): Promise<any> {
    const answer = await this.request.post(`${this.url}/api/v1/${name}`, {
      data: body as object,
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    const json = await answer.json();
    expect(answer.ok(), `${name}: ${JSON.stringify(json)}`).toBe(true);
    return json;
  }

  /** A control call of the emulator. */
  async emulator(method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<any> {
    const answer = await this.request.fetch(`${this.emulatorUrl}/_emulator/${path}`, { method, data: body as object });
    expect(answer.ok(), `${path}: ${answer.status()}`).toBe(true);
    const text = await answer.text();
    return text ? JSON.parse(text) : null;
  }

  /** Everything alive in the tenant that Leasehold caused to exist: each list of the ledger, flattened. */
  async alive(): Promise<unknown[]> {
    const ledger = await this.emulator("GET", "ledger");
    return Object.values(ledger as Record<string, unknown[]>).flat();
  }

  /** Moves the clock that the product and its tenant share. */
  async advance(seconds: number): Promise<void> {
    await this.emulator("POST", "clock", { advance_seconds: seconds });
  }

  /** What the token endpoint answers to an application's secret. */
  async tokenFor(clientId: string, clientSecret: string): Promise<{ status: number; body: any }> {
    const answer = await this.request.post(`${this.emulatorUrl}/${this.tenant.tenant_id}/oauth2/v2.0/token`, {
      form: {
        grant_type: "client_credentials",
        client_id: clientId,
        client_secret: clientSecret,
        scope: "https://graph.microsoft.com/.default",
      },
    });
    return { status: answer.status(), body: await answer.json() };
  }
}

async function start(): Promise<{ child: ChildProcess; lines: string[]; url: string }> {
  const child = spawn(BINARY, ["demo", "--listen", "127.0.0.1:0"], {
    env: { ...process.env, LEASEHOLD_ADMIN_PASSWORD: PASSWORD, LEASEHOLD_BOOTSTRAP_TOKEN: TOKEN },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout! });
  const url = await new Promise<string>((resolve, reject) => {
    let address = "";
    child.once("exit", (code) => reject(new Error(`leasehold ended with ${code}`)));
    reader.on("line", (line) => {
      lines.push(line);
      address ||= /^leasehold listening on (http:\/\/\S+)$/.exec(line)?.[1] ?? "";
      if (address && lines.some((line) => emulatorOf(line))) resolve(address);
    });
  });
  return { child, lines, url };
}

function emulatorOf(line: string): string | undefined {
  return /[Ee]mulat\w*\D*(http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1];
}

type Fixtures = { product: Product; signedIn: Page };

export const test = base.extend<Fixtures>({
  product: async ({ playwright }, use) => {
    const { child, lines, url } = await start();
    const emulatorUrl = lines.map(emulatorOf).find(Boolean)!;
    const request = await playwright.request.newContext();
    const tenant = await (await request.get(`${emulatorUrl}/_emulator/tenant`)).json();
    await use(new Product(url, emulatorUrl, tenant, request));
    await request.dispose();
    child.kill("SIGTERM");
    if (child.exitCode === null) await once(child, "exit");
  },
  signedIn: async ({ page, product }, use) => {
    await page.goto(product.url);
    await page.getByLabel("User name").fill("admin");
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await hydrated(page);
    await use(page);
  },
});

/** Waits until the console is alive: before that, buttons that need WebAssembly are disabled. */
export async function hydrated(page: Page): Promise<void> {
  await page.waitForSelector("html[data-hydrated]");
}

export { expect, PASSWORD };
