//! What the program asks of the kernel, seen from outside: no socket, no program, reading only.

use super::*;

/// The system calls of a run, one a line, or `None` where they cannot be seen.
fn trace(ground: &Ground, calls: &str, args: &[&str]) -> Option<Vec<String>> {
    let log = ground.state.path().join("trace");
    let mut command = ground.command_of(Path::new("/usr/bin/strace"), &["-f", "-qq", "-s", "4096", "-e"]);
    command.arg(format!("trace={calls}")).arg("-o").arg(&log).arg(env!("CARGO_BIN_EXE_caulk")).args(args);
    let Ok(child) = command.spawn() else {
        println!("skipped: strace is not installed");
        return None;
    };
    let ran = finish(child);
    if !matches!(ran.code, Some(0 | 1)) {
        println!("skipped: strace may not trace here: {}", ran.err);
        return None;
    }
    Some(std::fs::read_to_string(&log).unwrap().lines().map(str::to_owned).collect())
}

fn ground() -> Ground {
    let ground = Ground::new();
    ground.file(".npmrc", format!("//npm.example.com/:_authToken={}\n", token("trace")));
    ground.file("app/package.json", "{}");
    ground.file("app/.mcp.json", r#"{"mcpServers": {"a": {"command": "npx", "args": ["-y", "x"]}}}"#);
    ground.file("app/.git/HEAD", "ref: refs/heads/main\n");
    ground.file("app/.git/config", "[core]\n");
    ground.file("app/.git/index", "DIRC");
    ground.file("app/.caulkignore", "*.tmp\n");
    ground.file("app/src/a.txt", token("src"));
    std::os::unix::fs::symlink("a.txt", ground.path("app/src/.env")).unwrap();
    let database = ground.path(".config/Code/User/globalStorage/state.vscdb");
    std::fs::create_dir_all(database.parent().unwrap()).unwrap();
    rusqlite::Connection::open(database)
        .unwrap()
        .execute_batch("CREATE TABLE ItemTable (key TEXT, value BLOB)")
        .unwrap();
    ground
}

#[test]
fn an_audit_opens_no_socket_and_runs_nothing() {
    let ground = ground();
    std::fs::create_dir(ground.path("out")).unwrap();
    let Some(lines) = trace(&ground, "network,execve,execveat", &["scan", "--format", "json", "-o", "out/a.json"])
    else {
        return;
    };
    let of_signals = |line: &str| line.contains("+++") || line.contains("---");
    let calls: Vec<&String> = lines.iter().filter(|line| !of_signals(line)).collect();
    assert_eq!(calls.len(), 1, "{calls:#?}");
    assert!(calls[0].contains("execve(") && calls[0].contains("caulk"), "{calls:?}");
}

#[test]
fn what_is_scanned_is_opened_for_reading_without_links() {
    for args in [&["scan", "--no-env"][..], &["scan", "."], &["scan", "--deep", "--no-env"], &["scan", "--home", "."]] {
        let ground = ground();
        let home = ground.home.path().canonicalize().unwrap();
        let state = ground.state.path().canonicalize().unwrap();
        std::fs::create_dir(state.join("out")).unwrap();
        let out = state.join("out/a.json");
        let args = [args, &["--format", "json", "-o", out.to_str().unwrap()]].concat();
        let calls = "open,openat,openat2,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,link,linkat,symlink,\
                     symlinkat,chmod,fchmod,fchmodat,chown,fchown,truncate,ftruncate,utimensat,setxattr,mknod,mknodat";
        let Some(lines) = trace(&ground, calls, &args) else { return };
        assert!(out.exists());
        let mut read = 0;
        for line in lines.iter().filter(|line| !line.contains(" resumed>")) {
            let below = |folder: &Path| {
                line.contains(&format!("\"{}", folder.display())) || line.contains(&format!(" {}", folder.display()))
            };
            let writes =
                ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND"].iter().any(|flag| line.contains(flag));
            let opens = line.contains("open(") || line.contains("openat(") || line.contains("openat2(");
            if below(&home) {
                assert!(opens && !writes, "{line}");
                // The Landlock rule of a folder holds its path only; nothing is read by it.
                assert!(
                    line.contains("O_NOFOLLOW") || line.contains("NO_SYMLINKS") || line.contains("O_PATH"),
                    "{line}"
                );
                read += 1;
            } else if (writes || !opens) && line.contains('(') {
                assert!(below(&state), "written outside: {line}");
            }
        }
        assert!(read > 8, "{args:?}: {lines:#?}");
    }
}

/// What a file costs: to open, to ask what it is, to read and to close; a folder to open, twice to list, to close.
#[test]
fn a_file_costs_four_calls_and_a_folder_four() {
    let count = |files: usize, folders: usize| {
        let ground = Ground::new();
        for folder in 0..folders {
            for file in 0..files / folders {
                ground.file(&format!("t/{folder}/{file}.txt"), "a line of text\n".repeat(30));
            }
        }
        let calls = "open,openat,openat2,stat,lstat,fstat,newfstatat,statx,read,readv,pread64,preadv,close,getdents64,lseek,readlink,access,faccessat,faccessat2,mmap";
        let lines = trace(&ground, calls, &["scan", "t", "--format", "json", "--jobs", "1"])?;
        // How often the program looks for a signal in between depends on the clock.
        Some(lines.iter().filter(|line| line.contains('(') && !line.contains("mmap(NULL")).count())
    };
    let (Some(small), Some(files), Some(folders)) = (count(100, 10), count(1100, 10), count(1100, 110)) else { return };
    assert!(files - small <= 4 * 1000 + 20, "{} calls for 1000 files more", files - small);
    assert!(folders.saturating_sub(files) <= 4 * 100 + 20, "{folders} against {files} calls for 100 folders more");
}
