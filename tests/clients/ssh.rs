//! ssh-keygen: keys without a passphrase are found whole, keys with one are told of and no more.

use crate::common::desk::{Desk, required};
use caulk::model::Severity;

#[test]
fn private_keys() {
    required("ssh-keygen");
    let mut desk = Desk::new();
    desk.folder(".ssh");
    let mut locked = 0;
    for (kind, bits) in [("ed25519", "256"), ("rsa", "2048"), ("ecdsa", "256")] {
        // OpenSSH's own form, PKCS#1 or SEC 1, PKCS#8.
        for format in ["RFC4716", "PEM", "PKCS8"] {
            for passphrase in ["", "a long passphrase"] {
                let name = format!(".ssh/{kind}_{format}_{}", passphrase.len());
                let arguments = ["-q", "-t", kind, "-b", bits, "-m", format, "-C", "ada@desk", "-N", passphrase, "-f"];
                let output = desk.command("ssh-keygen").args(arguments).arg(&name).output().unwrap();
                if !output.status.success() {
                    // Older releases write ed25519 in their own form only.
                    assert_eq!(kind, "ed25519", "{}", String::from_utf8_lossy(&output.stderr));
                    continue;
                }
                if passphrase.is_empty() {
                    let text = desk.text(&name);
                    desk.expect(&name, text.trim_end(), "private-key-unencrypted");
                } else {
                    locked += 1;
                }
            }
        }
    }
    let report = desk.check();
    let told: Vec<_> = report.findings.iter().filter(|f| f.severity == Severity::Info).collect();
    assert_eq!(told.len(), locked);
    assert!(told.iter().all(|f| f.rule == "private-key-encrypted"));
    // Public halves and the known hosts are no findings.
    assert!(report.findings.iter().all(|f| !f.location.path.as_found().ends_with(".pub")));
}

/// One key in three files: as the key file has it, with escaped line ends in a `.env`, in a JSON setting.
/// Three places of one secret, each found once.
#[test]
fn a_key_with_escaped_line_ends_is_the_same_key() {
    required("ssh-keygen");
    let mut desk = Desk::new();
    desk.folder(".ssh");
    desk.folder("src/shop");
    desk.folder(".config/Code/User");
    desk.run("ssh-keygen", &["-q", "-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "", "-f", ".ssh/id_rsa"]);
    let key = desk.text(".ssh/id_rsa");
    let escaped = key.trim_end().replace('\n', "\\n");
    let env = format!("DEBUG=1\nAPP_PRIVATE_KEY=\"{escaped}\\n\"\nAPI_TOKEN_FILE=x\n");
    std::fs::write(desk.path("src/shop/.env"), env).unwrap();
    let settings = format!("{{\n  // by hand\n  \"acme.privateKey\": \"{escaped}\\n\"\n}}\n");
    std::fs::write(desk.path(".config/Code/User/settings.json"), settings).unwrap();
    desk.expect(".ssh/id_rsa", key.trim_end(), "private-key-unencrypted");
    desk.expect("src/shop/.env", &escaped, "private-key-unencrypted");
    desk.expect(".config/Code/User/settings.json", &escaped, "private-key-unencrypted");
    let report = desk.check();
    assert_eq!(report.summary.distinct_secrets, 1);
}
