// Compiles the services of @typespec/http-specs, and writes their documents and what their scenarios send and receive; run in the
// environment's folder once it is installed. Both are plain JSON, so that no test needs TypeSpec's compiler.
import { mkdir, readdir, writeFile } from "node:fs/promises"
import { compile, NodeHost } from "@typespec/compiler"
import { getOpenAPI3 } from "@typespec/openapi3"
import { expandDyns } from "@typespec/spec-api"

const versions = ["3.0.0", "3.2.0"]
const suite = `${process.cwd()}/node_modules/@typespec/http-specs`
// The emitter looks up the examples of a parameter that is called "constructor" in an object, and gets this function.
Object.defineProperty(Object, "length", { value: 0 })

const plain = (value) => expandDyns(value ?? {}, { baseUrl: "{url}" })

function content(body) {
  const raw = body?.rawContent?.serialize?.({ baseUrl: "{url}" }) ?? body?.rawContent
  const base64 = (bytes) => ({ base64: bytes.toString("base64") })
  const files = body?.files?.map(({ buffer, ...file }) => ({ ...file, content: base64(buffer) }))
  return body && { type: body.contentType, content: Buffer.isBuffer(raw) ? base64(raw) : raw, parts: body.parts, files }
}

const scenarios = []
await mkdir("documents", { recursive: true })
for (const file of (await readdir(`${suite}/specs`, { recursive: true })).sort()) {
  if (!file.endsWith("main.tsp")) continue
  const service = file.slice(0, -"/main.tsp".length)
  const imports = { additionalImports: ["@typespec/spector"], noEmit: true }
  const program = await compile(NodeHost, `${suite}/specs/${file}`, imports)
  for (const openapi of versions) {
    for (const record of await getOpenAPI3(program, { "openapi-versions": [openapi] })) {
      for (const { document, version } of record.versioned ? record.versions : [record]) {
        const name = [service.replaceAll("/", "-"), version].filter(Boolean).join("@")
        await writeFile(`documents/${name}@${openapi}.json`, JSON.stringify(document, null, 1))
      }
    }
  }
  const { Scenarios } = await import(`${suite}/dist/specs/${service}/mockapi.js`)
  for (const [name, { apis }] of Object.entries(Scenarios)) {
    for (const { uri, method, request, response } of apis) {
      const sent = { query: plain(request?.query), headers: plain(request?.headers), body: content(request?.body) }
      const received = { status: response.status, headers: plain(response.headers), body: content(response.body) }
      scenarios.push({ service: service.replaceAll("/", "-"), name, method, uri, sent, received })
    }
  }
}
await writeFile("scenarios.json", JSON.stringify(scenarios, null, 1))
