"""`omics mcp` for clients that others wrote: FastMCP's, and that of the TypeScript SDK, which assistants' programs are built on."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from real_servers import peer

# Both print an object of the same members.
FASTMCP = """
import asyncio, json, os, sys
from fastmcp import Client
from fastmcp.client.transports import StdioTransport

async def main(command, *words):
    async with Client(StdioTransport(command, [*words], env={**os.environ})) as client:
        tools = [tool.model_dump(by_alias=True, mode="json", exclude_none=True) for tool in await client.list_tools()]
        (topic,) = await client.read_resource("omics://help/exit-codes")
        prompt = await client.get_prompt("find-data", {"topic": "retina"})
        listed = await client.call_tool("ls", {"uris": ["."]})
        refused = await client.call_tool("ls", {"uris": ["/etc"]}, raise_on_error=False)
        print(json.dumps({
            "tools": tools,
            "resources": [str(each.uri) for each in await client.list_resources()],
            "templates": [each.uriTemplate for each in await client.list_resource_templates()],
            "topic": topic.text,
            "prompts": [each.name for each in await client.list_prompts()],
            "prompt": prompt.messages[0].content.text,
            "listed": listed.structured_content,
            "refused": [refused.is_error, refused.structured_content],
        }))

asyncio.run(main(*sys.argv[1:]))
"""
TYPESCRIPT = """
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

const [command, ...args] = process.argv.slice(2);
const client = new Client({ name: "test", version: "1" });
await client.connect(new StdioClientTransport({ command, args, env: process.env }));
const { tools } = await client.listTools();
const topic = await client.readResource({ uri: "omics://help/exit-codes" });
const prompt = await client.getPrompt({ name: "find-data", arguments: { topic: "retina" } });
const listed = await client.callTool({ name: "ls", arguments: { uris: ["."] } });
const refused = await client.callTool({ name: "ls", arguments: { uris: ["/etc"] } });
console.log(JSON.stringify({
  tools,
  resources: (await client.listResources()).resources.map((each) => each.uri),
  templates: (await client.listResourceTemplates()).resourceTemplates.map((each) => each.uriTemplate),
  topic: topic.contents[0].text,
  prompts: (await client.listPrompts()).prompts.map((each) => each.name),
  prompt: prompt.messages[0].content.text,
  listed: listed.structuredContent,
  refused: [refused.isError, refused.structuredContent],
}));
await client.close();
"""


@pytest.fixture(params=["fastmcp", "typescript"])
def client(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """A program that talks to the server whose command line it is given."""
    if request.param == "fastmcp":
        return [peer("fastmcp", "bin/python"), "-c", FASTMCP]
    # Node looks for packages from the script's folder upwards.
    packages = Path(peer("mcp_typescript", "node_modules/@modelcontextprotocol/sdk/package.json")).parents[2]
    (tmp_path / "node_modules").symlink_to(packages)
    (tmp_path / "client.mjs").write_text(TYPESCRIPT)
    return ["node", str(tmp_path / "client.mjs")]


def test_an_assistants_client_gets_tools_resources_and_prompts(client: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "reads.bin").write_bytes(b"0123456789")
    server = [sys.executable, "-m", "omicsdk", "mcp", "--folder", str(folder)]
    settings = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "FASTMCP_CHECK_FOR_UPDATES": "off"}
    done = subprocess.run([*client, *server], capture_output=True, text=True, env={**os.environ, **settings})
    assert done.returncode == 0, done.stderr
    got = json.loads(done.stdout)
    tools = {tool["name"]: tool for tool in got["tools"]}
    assert {"ls", "get", "verify", "more", "help"} <= tools.keys()
    assert tools["ls"]["outputSchema"]["properties"]["result"] == {
        "description": "Rows: name, size, modified, kind, uri"
    }
    assert len(json.dumps(got["tools"], separators=(",", ":"))) <= 12 * 1024
    assert "omics://help/exit-codes" in got["resources"]
    assert got["templates"] == ["omics://help/{tool}"]
    assert "143: ended by SIGTERM" in got["topic"]
    assert "find-data" in got["prompts"]
    assert "retina" in got["prompt"]
    assert [(row["name"], row["size"]) for row in got["listed"]["result"]] == [("reads.bin", 10)]
    is_error, content = got["refused"]
    assert is_error
    assert "absolute path" in content["messages"][0]
