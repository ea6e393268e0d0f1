#!/usr/bin/env python3
"""What ten thousand catalog entries cost a scan of three thousand installed packages and extensions.

Makes a home of projects with lock files and an editor with extensions, and a list of packages of which none is there;
scans the home with and without the list, in turn, and prints the medians of user and system time and their ratio.

    python3 benches/catalog_cost.py target/release/caulk --rounds 21
"""

import argparse
import json
import pathlib
import resource
import statistics
import subprocess
import tempfile

PACKAGES, EXTENSIONS, PROJECTS, ENTRIES = 2900, 100, 29, 10_000


def home(root):
    each = PACKAGES // PROJECTS
    for project in range(PROJECTS):
        folder = root / f"work/app{project}"
        folder.mkdir(parents=True)
        packages = {"": {"name": f"app{project}"}}
        for number in range(each):
            name = f"package-{project * each + number}"
            address = f"https://registry.npmjs.org/{name}/-/{name}-1.{number}.0.tgz"
            packages[f"node_modules/{name}"] = {"version": f"1.{number}.0", "resolved": address}
        text = json.dumps({"name": f"app{project}", "lockfileVersion": 3, "packages": packages}, indent=2)
        (folder / "package-lock.json").write_text(text)
        (folder / "package.json").write_text(json.dumps({"name": f"app{project}"}))
    extensions = [{"identifier": {"id": f"vendor.extension-{n}"}, "version": "1.0.0"} for n in range(EXTENSIONS)]
    folder = root / ".vscode/extensions"
    folder.mkdir(parents=True)
    (folder / "extensions.json").write_text(json.dumps(extensions))


def catalog(path):
    lines = ["caulk-catalog 1", "#\tmade-up\tmade-up packages\t2026-01-01\t\tcritical\thttps://example.com"]
    # Half of the names are there, in versions that are not: the dearer case.
    lines += [f"npm\tpackage-{n}\t9.9.{n % 10}\t" for n in range(ENTRIES)]
    path.write_text("\n".join(lines) + "\n")


def cpu(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("caulk")
    parser.add_argument("--rounds", type=int, default=21)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        home(root / "home")
        catalog(root / "list.tsv")
        plain = [args.caulk, "scan", "--home", str(root / "home"), "--format", "json", "--no-progress"]
        with_list = [*plain, "--rules", str(root / "list.tsv")]
        times = {"without": [], "with": []}
        for _ in range(args.rounds):
            times["without"].append(cpu(plain))
            times["with"].append(cpu(with_list))
    without, with_ = (statistics.median(times[key]) for key in ("without", "with"))
    print(f"without {without * 1000:.1f} ms, with {with_ * 1000:.1f} ms of cpu, ratio {with_ / without:.3f}")


if __name__ == "__main__":
    main()
