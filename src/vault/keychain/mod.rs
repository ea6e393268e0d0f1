//! The system's keychain, asked by a thread of its own, so that every question has a deadline.
//!
//! A keychain may show a prompt that nobody sees, or stop answering. Whoever asks waits so long and
//! no longer; the thread is left to its fate with the connection, and from then on questions fail at
//! once. Values that go to the thread and come from it are wiped on both sides. What the stores'
//! errors say is told by `fault`, and never printed.

mod fault;
mod platform;

use super::{Store, VaultError, VaultName};
use crate::model::Secret;
use fault::Fault;
use keyring_core::{CredentialStore, Entry, Error};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use zeroize::Zeroizing;

/// The service of all of caulk's items.
const SERVICE: &str = "caulk";

/// The keychain of the system.
pub struct Keychain {
    /// The way to the thread; `None`: it did not answer once and is given up.
    worker: Mutex<Option<Sender<Job>>>,
    patience: Duration,
}

enum Question {
    Connect,
    Set(String, Secret),
    Get(String),
    Remove(String),
    Accounts,
}

enum Answer {
    Done,
    Value(Option<Secret>),
    Removed(bool),
    Accounts(Vec<String>),
}

struct Job {
    question: Question,
    answer: SyncSender<Result<Answer, VaultError>>,
}

impl Keychain {
    /// Connects. Nothing is read, and nothing is asked of the user yet.
    pub fn connect(patience: Duration) -> Result<Self, VaultError> {
        let (sender, jobs) = channel();
        std::thread::Builder::new()
            .name("keychain".into())
            .spawn(move || work(&jobs))
            .map_err(|_| VaultError::Other)?;
        let keychain = Self { worker: Mutex::new(Some(sender)), patience };
        keychain.ask(Question::Connect)?;
        Ok(keychain)
    }

    fn ask(&self, question: Question) -> Result<Answer, VaultError> {
        let mut worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = worker.as_ref().ok_or(VaultError::Deadline)?;
        let (answer, answers) = sync_channel(1);
        if sender.send(Job { question, answer }).is_err() {
            *worker = None;
            return Err(VaultError::Other);
        }
        match answers.recv_timeout(self.patience) {
            Ok(answer) => answer,
            Err(error) => {
                *worker = None;
                Err(if error == RecvTimeoutError::Timeout { VaultError::Deadline } else { VaultError::Other })
            }
        }
    }
}

impl Store for Keychain {
    fn set(&self, account: &str, value: &Secret) -> Result<(), VaultError> {
        if value.len() > self.most_bytes() {
            return Err(VaultError::TooLong);
        }
        self.ask(Question::Set(account.to_owned(), Secret::copy_of(value.expose()))).map(drop)
    }

    fn get(&self, account: &str) -> Result<Option<Secret>, VaultError> {
        match self.ask(Question::Get(account.to_owned()))? {
            Answer::Value(value) => Ok(value),
            _ => Err(VaultError::Other),
        }
    }

    fn remove(&self, account: &str) -> Result<bool, VaultError> {
        match self.ask(Question::Remove(account.to_owned()))? {
            Answer::Removed(was) => Ok(was),
            _ => Err(VaultError::Other),
        }
    }

    fn accounts(&self) -> Result<Vec<String>, VaultError> {
        match self.ask(Question::Accounts)? {
            Answer::Accounts(accounts) => Ok(accounts),
            _ => Err(VaultError::Other),
        }
    }

    fn most_bytes(&self) -> usize {
        platform::MOST_BYTES
    }

    fn takes(&self, name: &VaultName) -> bool {
        platform::takes(name.as_str())
    }
}

/// The thread: owns the connection, answers until nobody asks any more.
fn work(jobs: &Receiver<Job>) {
    let mut connection = Connection { store: None, connected: false };
    while let Ok(Job { question, answer }) = jobs.recv() {
        // Who asked may have given up; the answer is wiped then.
        let _ = answer.send(connection.answer(&question));
    }
}

struct Connection {
    store: Option<Arc<CredentialStore>>,
    /// Whether it was open once: a keychain that answered before is gone, not missing.
    connected: bool,
}

impl Connection {
    /// Answers; a connection that turns out to be broken is opened once more. Every question may be
    /// asked twice: what was done before the connection broke is done again to the same end.
    fn answer(&mut self, question: &Question) -> Result<Answer, VaultError> {
        match self.attempt(question) {
            Err(Fault::Broken(_)) => {
                self.store = None;
                self.attempt(question).map_err(Fault::into_error)
            }
            answer => answer.map_err(Fault::into_error),
        }
    }

    fn attempt(&mut self, question: &Question) -> Result<Answer, Fault> {
        let opened = self.open()?;
        let store = opened.as_ref();
        match question {
            Question::Connect => Ok(Answer::Done),
            Question::Set(account, value) => set(store, account, value).map(|()| Answer::Done),
            Question::Get(account) => get(store, account).map(Answer::Value),
            Question::Remove(account) => remove(store, account).map(Answer::Removed),
            Question::Accounts => accounts(store).map(Answer::Accounts),
        }
    }

    fn open(&mut self) -> Result<Arc<CredentialStore>, Fault> {
        if let Some(store) = &self.store {
            return Ok(Arc::clone(store));
        }
        let store = platform::open().map_err(|error| {
            let error = fault::at_open(error);
            Fault::Final(if self.connected { VaultError::Gone } else { error })
        })?;
        self.connected = true;
        self.store = Some(Arc::clone(&store));
        Ok(store)
    }
}

fn entry(store: &CredentialStore, account: &str) -> Result<Entry, Fault> {
    platform::build(store, SERVICE, account).map_err(fault::of)
}

/// The value of an entry, in a buffer that is wiped.
fn value(entry: &Entry) -> Result<Secret, Error> {
    entry.get_secret().map(|bytes| Secret::from_zeroizing(Zeroizing::new(bytes)))
}

fn set(store: &CredentialStore, account: &str, value: &Secret) -> Result<(), Fault> {
    match entry(store, account)?.set_secret(value.expose()) {
        Err(Error::Ambiguous(entries)) => {
            alike(&entries)?;
            entries.iter().try_for_each(|entry| entry.set_secret(value.expose()).map_err(fault::of))
        }
        done => done.map_err(fault::of),
    }
}

fn get(store: &CredentialStore, account: &str) -> Result<Option<Secret>, Fault> {
    match value(&entry(store, account)?) {
        Ok(value) => Ok(Some(value)),
        Err(Error::NoEntry) => Ok(None),
        Err(Error::Ambiguous(entries)) => alike(&entries),
        Err(error) => Err(fault::of(error)),
    }
}

fn remove(store: &CredentialStore, account: &str) -> Result<bool, Fault> {
    match entry(store, account)?.delete_credential() {
        Ok(()) => Ok(true),
        Err(Error::NoEntry) => Ok(false),
        Err(Error::Ambiguous(entries)) => {
            alike(&entries)?;
            entries.iter().try_for_each(|entry| entry.delete_credential().map_err(fault::of))?;
            Ok(true)
        }
        Err(error) => Err(fault::of(error)),
    }
}

/// The one value of several items that answer to one name; if they differ, nobody can say which is meant.
fn alike(entries: &[Entry]) -> Result<Option<Secret>, Fault> {
    let mut first: Option<Secret> = None;
    for entry in entries {
        let value = value(entry).map_err(fault::of)?;
        match &first {
            None => first = Some(value),
            Some(first) if first.expose() == value.expose() => {}
            Some(_) => return Err(Fault::Final(VaultError::Ambiguous)),
        }
    }
    Ok(first)
}

fn accounts(store: &CredentialStore) -> Result<Vec<String>, Fault> {
    let entries = platform::search(store, SERVICE).map_err(fault::of)?;
    let mut accounts: Vec<String> = entries
        .iter()
        .filter_map(Entry::get_specifiers)
        .filter(|(service, _)| service == SERVICE)
        .filter_map(|(_, user)| platform::account(&user))
        .collect();
    accounts.sort_unstable();
    accounts.dedup();
    Ok(accounts)
}
