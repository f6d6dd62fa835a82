// Makes target/site, which the server embeds: the console's WebAssembly and its JavaScript, the style, the fonts, public/.
//
//   node frontend/bundle.mjs --wasm FILE --bindgen COMMAND
//
// Rule: everything under /assets has the hash of its content in its name and may be kept for ever by browsers; manifest.json
// tells the server the names. What has not changed is neither made nor written again, so that cargo sees nothing new either.
//
// To add a font: a line in FONTS; the style refers to it by its key. To add a file with a name of its own: put it into public/.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { bundle as bundleStyle } from "lightningcss";

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = dirname(HERE);
const SITE = join(ROOT, "target", "site");
const WORK = join(ROOT, "target", "site-work");
const MODULES = join(HERE, "node_modules");

const fontsource = (name, style) =>
  join(MODULES, "@fontsource-variable", name, "files", `${name}-latin-wght-${style}.woff2`);

/** The URL that the style uses, and the file. */
const FONTS = {
  "/fonts/atkinson-next.woff2": fontsource("atkinson-hyperlegible-next", "normal"),
  "/fonts/atkinson-mono.woff2": fontsource("atkinson-hyperlegible-mono", "normal"),
};
const FONT_LICENCE = join(MODULES, "@fontsource-variable", "atkinson-hyperlegible-next", "LICENSE");

/** Browsers that need nothing lowered: nesting, :has(), light-dark(), cascade layers. */
const BROWSERS = { chrome: 123 << 16, firefox: 121 << 16, safari: (17 << 16) | (5 << 8) };

/** What shrinks when compressed; fonts and pictures already are. */
const COMPRESSED = /\.(css|html|js|json|svg|txt|wasm|webmanifest|xml)$/;

const { values: options } = parseArgs({
  options: { wasm: { type: "string" }, bindgen: { type: "string" } },
});
if (!options.wasm || !options.bindgen) {
  console.error("usage: node frontend/bundle.mjs --wasm FILE --bindgen COMMAND");
  process.exit(2);
}

const digest = (...parts) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex").slice(0, 16);
};

/** Every file below a folder. */
const filesBelow = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
        .sort()
    : [];

/** The outcome of a costly step, made once for each input. */
function kept(name, make) {
  const file = join(WORK, name);
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true });
    const made = make();
    writeFileSync(`${file}.new`, made);
    renameSync(`${file}.new`, file);
  }
  return readFileSync(file);
}

/** URL path → content, of everything in the site. */
const site = new Map();

/** Puts a file under /assets with its hash in its name; gives back its URL. */
function asset(name, content) {
  const dot = name.indexOf(".");
  const url = `/assets/${name.slice(0, dot)}.${digest(content)}${name.slice(dot)}`;
  site.set(url, content);
  return url;
}

function webAssembly() {
  const raw = readFileSync(options.wasm);
  const version = execFileSync(options.bindgen, ["--version"], { encoding: "utf8" });
  const key = digest(raw, version);
  const folder = join(WORK, `bindgen-${key}`);
  if (!existsSync(join(folder, "leasehold.js"))) {
    rmSync(folder, { recursive: true, force: true });
    const arguments_ = ["--target", "web", "--no-typescript", "--out-name", "leasehold", "--out-dir", folder, options.wasm];
    execFileSync(options.bindgen, arguments_, { stdio: "inherit" });
  }
  const optimised = kept(`optimised-${key}.wasm`, () => {
    const out = join(folder, "optimised.wasm");
    const tool = join(MODULES, "binaryen", "bin", "wasm-opt");
    // rustc's wasm32 target uses these features of WebAssembly by default, and wasm-opt refuses what it isn't told of.
    const features = ["bulk-memory", "nontrapping-float-to-int", "sign-ext", "mutable-globals", "reference-types", "multivalue"];
    const flags = features.map((feature) => `--enable-${feature}`);
    execFileSync(process.execPath, [tool, "-Oz", ...flags, "-o", out, join(folder, "leasehold_bg.wasm")], { stdio: "inherit" });
    return readFileSync(out);
  });
  const wasm = asset("leasehold.wasm", optimised);
  const glue = readFileSync(join(folder, "leasehold.js"), "utf8");
  if (existsSync(join(folder, "snippets"))) throw new Error("a crate brings JavaScript of its own: teach bundle.mjs to copy it");
  const script = asset("leasehold.js", Buffer.from(glue.replaceAll("leasehold_bg.wasm", wasm.split("/").at(-1))));
  return { wasm, script };
}

function bundledStyle() {
  try {
    const { code } = bundleStyle({ filename: join(ROOT, "style", "main.css"), minify: true, targets: BROWSERS });
    return Buffer.from(code).toString("utf8");
  } catch (error) {
    console.error(`${relative(ROOT, error.fileName ?? "style")}:${error.loc?.line ?? ""}: ${error.message}`);
    process.exit(1);
  }
}

function style() {
  let text = bundledStyle();
  for (const [url, file] of Object.entries(FONTS)) {
    const name = url.split("/").at(-1);
    text = text.replaceAll(url, asset(name, readFileSync(file)));
  }
  site.set("/assets/fonts-licence.txt", readFileSync(FONT_LICENCE));
  return asset("leasehold.css", Buffer.from(text));
}

/** Adds the .br and .gz of what shrinks. */
function compress() {
  for (const [url, content] of [...site]) {
    if (!COMPRESSED.test(url)) continue;
    const key = digest(content);
    site.set(`${url}.br`, kept(`${key}.br`, () => {
      const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
      return brotliCompressSync(content, { params });
    }));
    site.set(`${url}.gz`, kept(`${key}.gz`, () => gzipSync(content, { level: 9 })));
  }
}

/** Writes what differs and removes what is not of the site; tells whether anything changed. */
function write() {
  let changed = false;
  for (const file of filesBelow(SITE)) {
    if (site.has(`/${relative(SITE, file)}`)) continue;
    rmSync(file);
    changed = true;
  }
  for (const [url, content] of site) {
    const file = join(SITE, url);
    if (existsSync(file) && readFileSync(file).equals(content)) continue;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    changed = true;
  }
  return changed;
}

const { wasm, script } = webAssembly();
const manifest = { script, wasm, style: style() };
const open = join(ROOT, "public");
for (const file of filesBelow(open)) site.set(`/${relative(open, file)}`, readFileSync(file));
compress();
site.set("/manifest.json", Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`));
const changed = write();

const kilobytes = (url) => `${Math.round((site.get(`${url}.br`) ?? site.get(url)).length / 1024)} kB`;
const sizes = Object.entries(manifest).map(([name, url]) => `${name} ${kilobytes(url)}`);
console.log(`site ${changed ? "written" : "unchanged"} (brotli: ${sizes.join(", ")})`);
