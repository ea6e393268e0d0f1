//! The one place for bounds. Every reader, detector and reporter takes its numbers from here.

/// Bounds on work and memory; the defaults are the shipped ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Nesting of containers in JSON and its like; deeper parts are read as plain text.
    pub depth: usize,
    /// Layers of decoding (JSON in JSON, base64).
    pub layers: usize,
    /// Bytes of a document that is parsed as a whole; larger ones are read as text, in chunks.
    pub document_bytes: usize,
    /// Nodes of one parsed document.
    pub nodes: usize,
    /// Bytes of one chunk of text.
    pub chunk_bytes: usize,
    /// Bytes of a segment: what one thread takes of a large text.
    pub segment_bytes: usize,
    /// Overlap of chunks: longer than the longest token.
    pub overlap_bytes: usize,
    /// Bytes of one database cell that is put together from overflow pages.
    pub cell_bytes: usize,
    /// Pages of a database that are read.
    pub database_pages: u64,
    /// Size of loose text in an audit.
    pub audit_text_bytes: u64,
    /// Findings per file.
    pub findings_per_file: usize,
    /// Findings per run.
    pub findings_per_run: usize,
    /// Errors per run.
    pub errors_per_run: usize,
    /// Bytes of one process's environment.
    pub environ_bytes: usize,
    /// Depth of folders.
    pub folder_depth: usize,
    /// Bytes of a git index.
    pub git_index_bytes: u64,
    /// Bytes of one git object.
    pub git_object_bytes: u64,
}

impl Limits {
    /// The shipped bounds.
    pub const SHIPPED: Self = Self {
        depth: 128,
        layers: 4,
        document_bytes: 8 << 20,
        nodes: 400_000,
        chunk_bytes: 1 << 20,
        segment_bytes: 4 << 20,
        overlap_bytes: 16 << 10,
        cell_bytes: 4 << 20,
        database_pages: 4 << 20,
        audit_text_bytes: 1 << 20,
        findings_per_file: 1_000,
        findings_per_run: 50_000,
        errors_per_run: 1_000,
        environ_bytes: 2 << 20,
        folder_depth: 256,
        git_index_bytes: 64 << 20,
        git_object_bytes: 64 << 20,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::SHIPPED
    }
}
