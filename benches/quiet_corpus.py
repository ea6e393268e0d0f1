#!/usr/bin/env python3
"""Gathers what much-used packages ship of files that start something, steer an agent or set up an editor.

A scan of that must be quiet: nobody reads a scanner that cries at ordinary projects. Packages come through npm and
pip as they are configured on this machine; the list is `quiet_corpus.txt`. `npm pack` runs nothing of a package, and source
archives of Python packages are taken from the index as they are, for pip would run their build.
Folders that hold unpacked packages already (`node_modules`, `site-packages`, the registry's sources of cargo) are
gathered with `--local`, without any registry.

    python3 benches/quiet_corpus.py CORPUS --local ~/.cargo/registry/src/*/ --scan target/debug/caulk
    python3 benches/quiet_corpus.py CORPUS --only create-vite husky requests --scan target/debug/caulk

Prints each package with the number of files kept, then the findings of medium and above, one a line.
"""

import argparse
import collections
import concurrent.futures
import fnmatch
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.parse
import urllib.request
import zipfile

LIST = pathlib.Path(__file__).with_suffix(".txt")
# Ends of paths that are kept; `**` is any number of folders.
NAMES = """
package.json .npmrc .yarnrc .yarnrc.yml bunfig.toml .pnpmfile.cjs pnpm-workspace.yaml binding.gyp wscript
lefthook.yml .lefthook.yml lefthook.yaml .pre-commit-config.yaml .pre-commit-hooks.yaml .lintstagedrc .envrc .env
.env.example .mise.toml mise.toml .tool-versions
setup.py setup.cfg conftest.py pyproject.toml noxfile.py tox.ini sitecustomize.py usercustomize.py *.pth
Makefile GNUmakefile justfile Justfile Taskfile.yml build.rs Cargo.toml config.toml composer.json Gemfile
CLAUDE.md CLAUDE.local.md AGENTS.md AGENT.md GEMINI.md .cursorrules .windsurfrules .clinerules .goosehints SKILL.md
copilot-instructions.md .aider.conf.yml .mcp.json mcp.json mcp_config.json devcontainer.json .gitconfig .gitmodules
*.code-workspace launch.json tasks.json settings.json extensions.json README.md README.rst README.*.md llms.txt
*.service *.plist *.desktop crontab Dockerfile docker-compose.yml compose.yaml action.yml
setup.mjs bundle.js setup_bun.js router_init.js Math_Symbol.js execution.js index.js extension.js main.js
""".split()
FOLDERS = """.husky .githooks .git-hooks hooks .vscode .devcontainer .claude .cursor .github .gitlab .circleci .gemini
.codex .windsurf .kiro .amazonq .continue .zed .idea .cargo .config""".split()
# Generators keep these under a name that npm packs; a project made of the template has the other.
MADE = {"vscode": ".vscode", "_vscode": ".vscode", "devcontainer": ".devcontainer", "husky": ".husky", "github": ".github"}
# What no package needs and no disk should get.
MOST_FILES, MOST_BYTES, EACH = 4000, 64 << 20, 4 << 20
SECONDS = 300
# Packages that are fetched at a time.
AT_ONCE = 6


def is_kept(path):
    parts = path.split("/")
    return any(part in FOLDERS for part in parts[:-1]) or any(fnmatch.fnmatchcase(parts[-1], name) for name in NAMES)


def inside(name):
    """A member's path without the folder that the archive puts around all, or None for one that leads out."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    if len(parts) < 2 or ".." in parts or name.startswith("/") or ":" in parts[0]:
        return None
    return made("/".join(parts[1:]))


def made(path):
    """Where a template's file ends up."""
    if "template" not in path:
        return path
    parts = [MADE.get(part, part) for part in path.split("/")]
    plain = parts[-1].removesuffix(".template").removesuffix(".tmpl").removesuffix(".ejs")
    return "/".join([*parts[:-1], plain.lstrip("_") if plain.startswith("_package") else plain])


class Keeper:
    """Writes the files of one package, bounded, never through a link."""

    def __init__(self, target):
        self.target, self.files, self.bytes = target, 0, 0

    def keep(self, path, read, size):
        if not is_kept(path) or size > EACH or self.files >= MOST_FILES or self.bytes + size > MOST_BYTES:
            return
        place = self.target / path
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(read())
        except OSError:  # a file where another one has a folder
            return
        self.files += 1
        self.bytes += size


def unpack(archive, keeper):
    if archive.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(archive) as packed:
            for member in packed.infolist():
                # A wheel has no folder around it; it lies in `site-packages` as it is.
                path = inside("x/" + member.filename)
                if path and not member.is_dir():
                    keeper.keep("site-packages/" + path, lambda m=member: packed.read(m), member.file_size)
        return
    with tarfile.open(archive) as packed:
        for member in packed:
            path = inside(member.name)
            if path and member.isfile():
                keeper.keep(path, lambda m=member: packed.extractfile(m).read(), member.size)


def gather(folder, keeper):
    """An unpacked package on this machine."""
    for where, folders, files in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if name != "node_modules" or where != str(folder))
        for name in sorted(files):
            path = pathlib.Path(where, name)
            if path.is_file() and not path.is_symlink():
                keeper.keep(path.relative_to(folder).as_posix(), path.read_bytes, path.stat().st_size)


def python_index():
    """The index that pip asks on this machine."""
    asked = subprocess.run([sys.executable, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True)
    if asked.returncode == 0 and asked.stdout.strip():
        return asked.stdout.strip()
    from pip._internal.models.index import PyPI

    return PyPI.simple_url


def source_archive(name, into):
    """The newest source archive of a Python package, by the index alone: pip would run its build."""
    url = f"{python_index().rstrip('/')}/{name}/"
    asked = urllib.request.Request(url, headers={"Accept": "application/vnd.pypi.simple.v1+json"})
    with urllib.request.urlopen(asked, timeout=SECONDS) as answer:
        files = json.load(answer)["files"]
    files = [file for file in files if file["filename"].endswith((".tar.gz", ".zip")) and not file.get("yanked")]
    newest = max(files, key=lambda file: file.get("upload-time", ""))
    place = into / newest["filename"].replace("/", "_")
    with urllib.request.urlopen(urllib.parse.urljoin(url, newest["url"]), timeout=SECONDS) as answer:
        place.write_bytes(answer.read(MOST_BYTES * 4))
    return place


def fetch(kind, name, into, wheels):
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
    try:
        if kind != "npm" and not wheels:
            return source_archive(name, into), ""
        call = ["npm", "pack", name, "--silent", "--ignore-scripts", "--pack-destination", str(into)]
        if kind != "npm":
            call = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "-d", str(into), name]
        subprocess.run(call, check=True, timeout=SECONDS, **quiet)
    except (subprocess.SubprocessError, OSError, ValueError, KeyError) as error:
        return None, type(error).__name__
    found = sorted(path for path in into.iterdir() if path.suffix in (".tgz", ".gz", ".bz2", ".zip", ".whl"))
    return (found[0], "") if found else (None, "nothing came")


def packages(only, limit):
    rows = [line.split() for line in LIST.read_text().splitlines() if line.strip() and not line.startswith("#")]
    chosen = [(kind, name) for kind, *names in rows for name in names if not only or name in only]
    return chosen[:limit] if limit else chosen


def scan(program, corpus, report):
    call = [program, "scan", str(corpus), "--format", "json", "-o", str(report), "--no-env", "--no-cache", "--quiet"]
    done = subprocess.run([*call, "--exit-zero"], stdin=subprocess.DEVNULL, check=False)
    if not report.is_file():
        sys.exit(f"the scan ended with {done.returncode} and no report")
    found = json.loads(report.read_text())
    loud = [f for f in found["findings"] if f["severity"] in ("critical", "high", "medium")]
    for f in loud:
        path = os.path.relpath(f["location"]["path"], corpus)
        why = "; ".join(f.get("evidence", {}).get("why", []))
        shown = f.get("secret", {}).get("redacted", "")
        print(f"{f['severity']}/{f['confidence']} {f['rule']} {path}:{f['location'].get('line', '')} {shown} {why}")
    print(f"{found['scan']['files_read']} files read; {len(found['findings'])} findings, {len(loud)} of medium and above")
    print(dict(collections.Counter(f["rule"] for f in loud).most_common()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=pathlib.Path, help="folder to gather into; made anew")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="of the list, these packages only")
    parser.add_argument("--limit", type=int, default=0, help="of the list, the first so many only")
    parser.add_argument("--none", action="store_true", help="ask no registry at all")
    parser.add_argument("--wheels", action="store_true", help="of Python packages take wheels, through pip")
    parser.add_argument("--local", nargs="+", default=[], type=pathlib.Path, metavar="DIR", help="folders of unpacked packages")
    parser.add_argument("--scan", metavar="CAULK", help="program to scan the corpus with")
    given = parser.parse_args()

    marker = given.corpus / ".quiet-corpus"
    if given.corpus.exists() and not marker.exists():
        sys.exit(f"{given.corpus} is there and was not made by this script")
    shutil.rmtree(given.corpus, ignore_errors=True)
    given.corpus.mkdir(parents=True)
    marker.touch()
    tried, shipped, failed, files = 0, 0, [], 0

    def one(label, keeper):
        nonlocal tried, shipped, files
        tried += 1
        shipped += bool(keeper.files)
        files += keeper.files
        print(f"{label}: {keeper.files} files")

    for folder in given.local:
        children = [child for child in sorted(folder.iterdir()) if child.is_dir() and not child.is_symlink()]
        scoped = [deep for child in children if child.name.startswith("@") for deep in sorted(child.iterdir()) if deep.is_dir()]
        for child in [child for child in children if not child.name.startswith("@")] + scoped:
            label = child.relative_to(folder).as_posix()
            keeper = Keeper(given.corpus / "local" / folder.name / label)
            gather(child, keeper)
            one(f"local {label}", keeper)
    def had(package):
        kind, name = package
        with tempfile.TemporaryDirectory() as into:
            archive, why = fetch(kind, name, pathlib.Path(into), given.wheels)
            keeper = Keeper(given.corpus / kind / name)
            if archive is not None:
                try:
                    unpack(archive, keeper)
                except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError) as error:
                    archive, why = None, type(error).__name__
            return kind, name, keeper if archive is not None else None, why

    # Waiting for a registry is most of the work.
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for kind, name, keeper, why in pool.map(had, [] if given.none else packages(given.only, given.limit)):
            if keeper is None:
                failed.append(f"{kind} {name}")
                print(f"{kind} {name}: not had ({why})")
            else:
                one(f"{kind} {name}", keeper)
    print(f"{tried} packages, {shipped} ship such files: {files}; not had: {len(failed)}")
    if given.scan:
        with tempfile.TemporaryDirectory() as into:
            scan(given.scan, given.corpus.resolve(), pathlib.Path(into, "report.json"))


if __name__ == "__main__":
    main()
