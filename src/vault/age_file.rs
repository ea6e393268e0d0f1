//! age files under a passphrase: the file store and exports. Other tools can open them (`age -d`).
//!
//! The content is JSON with values in base64, written and read in buffers that are wiped. A file may
//! come from anywhere: its work factor and its size have bounds.

use super::VaultError;
use crate::model::Secret;
use age::secrecy::SecretString;
use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::io::{self, Read as _, Write};
use std::iter;
use zeroize::{Zeroize as _, Zeroizing};

/// scrypt's work factor of what is written, log2: a good part of a second and 128 MiB on a usual machine.
const WORK: u8 = 17;
/// The largest that is read: more would let a file take the machine's memory.
const MOST_WORK: u8 = 20;
/// Largest file, bytes.
pub(super) const MOST_BYTES: usize = 64 << 20;

/// A value in JSON: base64, so that no byte of it needs escaping and thus another buffer.
pub(super) struct Value(pub(super) Secret);

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = Zeroizing::new(data_encoding::BASE64.encode(self.0.expose()));
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Value;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("base64")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
                let bytes = data_encoding::BASE64.decode(text.as_bytes()).map_err(|_| E::custom("not base64"))?;
                Ok(Value(Secret::from_zeroizing(Zeroizing::new(bytes))))
            }
        }
        deserializer.deserialize_str(Text).map_err(|_| D::Error::custom("not base64"))
    }
}

/// Encrypts what `content` serializes to.
pub(super) fn seal(content: &impl Serialize, passphrase: &Secret) -> Result<Vec<u8>, VaultError> {
    let mut plain = Wiped(Zeroizing::default());
    serde_json::to_writer(&mut plain, content).map_err(|_| VaultError::Other)?;
    let mut recipient = age::scrypt::Recipient::new(secret_string(passphrase)?);
    recipient.set_work_factor(WORK);
    let encryptor = age::Encryptor::with_recipients(iter::once(&recipient as &dyn age::Recipient))
        .map_err(|_| VaultError::Other)?;
    let mut sealed = Vec::new();
    let mut writer = encryptor.wrap_output(&mut sealed).map_err(|_| VaultError::Other)?;
    writer.write_all(&plain.0).map_err(|_| VaultError::Other)?;
    writer.finish().map_err(|_| VaultError::Other)?;
    Ok(sealed)
}

/// Decrypts: `Passphrase` when it is not the right one, `File` when the file is not one of caulk's or broken.
pub(super) fn open(sealed: &[u8], passphrase: &Secret) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let decryptor = age::Decryptor::new(sealed).map_err(|_| VaultError::File)?;
    if !decryptor.is_scrypt() {
        return Err(VaultError::File);
    }
    let mut identity = age::scrypt::Identity::new(secret_string(passphrase)?);
    identity.set_max_work_factor(MOST_WORK);
    let reader = decryptor.decrypt(iter::once(&identity as &dyn age::Identity)).map_err(|error| match error {
        age::DecryptError::KeyDecryptionFailed
        | age::DecryptError::NoMatchingKeys
        | age::DecryptError::DecryptionFailed => VaultError::Passphrase,
        _ => VaultError::File,
    })?;
    // What is sealed is smaller than its file.
    let mut plain = Zeroizing::new(Vec::with_capacity(sealed.len()));
    reader.take(sealed.len() as u64).read_to_end(&mut plain).map_err(|_| VaultError::File)?;
    Ok(plain)
}

fn secret_string(passphrase: &Secret) -> Result<SecretString, VaultError> {
    if passphrase.is_empty() {
        return Err(VaultError::Passphrase);
    }
    let text = std::str::from_utf8(passphrase.expose()).map_err(|_| VaultError::Passphrase)?;
    Ok(SecretString::from(text.to_owned()))
}

/// A buffer that wipes what it leaves behind when it grows.
struct Wiped(Zeroizing<Vec<u8>>);

impl Write for Wiped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let needed = self.0.len() + bytes.len();
        if needed > self.0.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(needed.max(2 * self.0.capacity()).max(4096)));
            larger.extend_from_slice(&self.0);
            self.0.zeroize();
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
