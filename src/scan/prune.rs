//! The folders an audit does not go into, as one explicit, reported list.
//!
//! What a folder holds that is worth reading (a config inside a cache, say) is a surface's known
//! path and is read all the same. `scan PATH` prunes git's object store only.

use std::ffi::OsStr;
use std::path::Path;

/// Whole names, anywhere: caches and dependencies that are made again from elsewhere.
const NAMES: &[(&str, &str)] = &[
    ("node_modules", "installed packages"),
    ("bower_components", "installed packages"),
    ("site-packages", "installed packages"),
    ("dist-packages", "installed packages"),
    ("__pycache__", "compiled code"),
    (".tox", "test environments"),
    (".nox", "test environments"),
    (".mypy_cache", "cache"),
    (".pytest_cache", "cache"),
    (".ruff_cache", "cache"),
    (".next", "build output"),
    (".nuxt", "build output"),
    (".turbo", "build cache"),
    (".parcel-cache", "build cache"),
    (".angular", "build cache"),
    ("CachedData", "editor cache"),
    ("CachedExtensionVSIXs", "editor cache"),
    ("Code Cache", "browser cache"),
    ("GPUCache", "browser cache"),
    ("DawnCache", "browser cache"),
    ("GrShaderCache", "browser cache"),
    ("ShaderCache", "browser cache"),
    ("Service Worker", "browser cache"),
    ("blob_storage", "browser cache"),
    ("Crashpad", "crash reports"),
    ("DerivedData", "build output"),
];

/// Ends of paths: the name alone would say too little.
const PATHS: &[(&[&str], &str)] = &[
    (&[".git", "objects"], "git objects"),
    (&[".git", "lfs"], "git objects"),
    (&[".git", "annex"], "git objects"),
    (&[".gradle", "caches"], "build cache"),
    (&[".gradle", "wrapper"], "build tools"),
    (&[".gradle", "daemon"], "build logs"),
    (&[".terraform", "providers"], "provider binaries"),
    (&[".cargo", "registry"], "package cache"),
    (&[".cargo", "git"], "package cache"),
    (&[".rustup", "toolchains"], "toolchains"),
    (&[".npm", "_cacache"], "package cache"),
    (&[".m2", "repository"], "package cache"),
    (&[".ivy2", "cache"], "package cache"),
    (&[".nuget", "packages"], "package cache"),
    (&["go", "pkg", "mod"], "package cache"),
    (&[".bun", "install", "cache"], "package cache"),
    (&[".pyenv", "versions"], "toolchains"),
    (&[".rbenv", "versions"], "toolchains"),
    (&[".nvm", "versions"], "toolchains"),
    (&[".sdkman", "candidates"], "toolchains"),
    (&[".local", "share", "pnpm", "store"], "package cache"),
    (&[".local", "share", "containers"], "container layers"),
    (&[".local", "share", "docker"], "container layers"),
    (&[".local", "share", "flatpak"], "applications"),
    (&[".local", "share", "Steam"], "games"),
    (&[".steam"], "games"),
    (&[".cache"], "cache"),
    (&["Library", "Caches"], "cache"),
    (&["Library", "Developer"], "build output"),
    (&["Library", "Containers"], "other applications' data"),
    (&["AppData", "Local", "Temp"], "temporary files"),
    (&["AppData", "Local", "Microsoft"], "system data"),
    (&["AppData", "Local", "Packages"], "other applications' data"),
    (&["Photos Library.photoslibrary"], "photos"),
];

/// git's own folders below `.git` that hold no configuration, pruned in every mode.
const GIT_STORES: &[&str] = &["objects", "lfs", "annex"];

/// Why an audit does not go into the folder `path`, if it does not.
#[must_use]
pub(super) fn in_audit(path: &Path, name: &OsStr) -> Option<&'static str> {
    let name = name.to_str()?;
    if let Some((_, why)) = NAMES.iter().find(|(pruned, _)| *pruned == name) {
        return Some(why);
    }
    PATHS.iter().find(|(tail, _)| tail.last() == Some(&name) && ends_with(path, tail)).map(|(_, why)| *why)
}

/// Why a scan of a named tree does not go into the folder `path`.
#[must_use]
pub(super) fn in_tree(path: &Path, name: &OsStr) -> Option<&'static str> {
    let store = name.to_str().is_some_and(|name| GIT_STORES.contains(&name));
    (store && path.parent().and_then(Path::file_name) == Some(OsStr::new(".git"))).then_some("git objects")
}

fn ends_with(path: &Path, tail: &[&str]) -> bool {
    let mut components = path.components().rev();
    tail.iter().rev().all(|part| components.next().is_some_and(|c| c.as_os_str() == OsStr::new(part)))
}

/// Endings of files that hold no text: not opened.
const NOT_TEXT: &[&str] = &[
    "png",
    "jpg",
    "jpeg",
    "gif",
    "webp",
    "ico",
    "icns",
    "bmp",
    "tif",
    "tiff",
    "heic",
    "avif",
    "psd",
    "mp3",
    "mp4",
    "m4a",
    "mov",
    "avi",
    "mkv",
    "webm",
    "wav",
    "ogg",
    "flac",
    "woff",
    "woff2",
    "ttf",
    "otf",
    "eot",
    "zip",
    "gz",
    "tgz",
    "bz2",
    "xz",
    "zst",
    "7z",
    "rar",
    "tar",
    "jar",
    "war",
    "whl",
    "egg",
    "deb",
    "rpm",
    "dmg",
    "iso",
    "img",
    "vsix",
    "crx",
    "apk",
    "ipa",
    "so",
    "dylib",
    "dll",
    "exe",
    "o",
    "a",
    "lib",
    "obj",
    "rlib",
    "rmeta",
    "pyc",
    "pyo",
    "class",
    "wasm",
    "node",
    "pack",
    "idx",
    "pdb",
    "bin",
    "dat",
    "pdf",
    "doc",
    "docx",
    "xls",
    "xlsx",
    "ppt",
    "pptx",
    "odt",
    "parquet",
    "npy",
    "npz",
    "pt",
    "onnx",
    "safetensors",
    "gguf",
    "h5",
    "sqlite-shm",
];

/// Whether a file's ending says that it holds no text.
#[must_use]
pub(super) fn is_not_text(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    let Some((stem, ending)) = name.rsplit_once('.') else { return false };
    !stem.is_empty() && ending.len() <= 11 && NOT_TEXT.iter().any(|known| ending.eq_ignore_ascii_case(known))
}

/// Files whose presence makes a folder a project.
const MANIFESTS: &[&str] = &[
    ".git",
    "package.json",
    "pyproject.toml",
    "setup.py",
    "requirements.txt",
    "Pipfile",
    "Cargo.toml",
    "go.mod",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "settings.gradle",
    "Gemfile",
    "composer.json",
    "mix.exs",
    "pubspec.yaml",
    "deno.json",
    "deno.jsonc",
    "CMakeLists.txt",
    "Makefile",
    "build.sbt",
    "Package.swift",
    "project.clj",
    "stack.yaml",
    "flake.nix",
    "Podfile",
    "meson.build",
];

/// Whether an entry of this name makes its folder a project.
#[must_use]
pub(super) fn is_manifest(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    MANIFESTS.contains(&name)
        || [".csproj", ".fsproj", ".sln", ".cabal", ".gemspec", ".xcodeproj"]
            .iter()
            .any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prunes_by_name_and_by_end_of_path() {
        let pruned = |path: &str| in_audit(Path::new(path), Path::new(path).file_name().unwrap_or_default());
        assert!(pruned("/home/a/p/node_modules").is_some());
        assert!(pruned("/home/a/.cache").is_some());
        assert!(pruned("/home/a/p/.git/objects").is_some());
        assert!(pruned("/home/a/p/objects").is_none());
        assert!(pruned("/home/a/registry").is_none());
        assert!(pruned("/home/a/.git").is_none());
    }

    #[test]
    fn endings() {
        assert!(is_not_text(OsStr::new("a.PNG")));
        assert!(!is_not_text(OsStr::new(".png")));
        assert!(!is_not_text(OsStr::new("a.env")));
    }
}
