//! The whole lines of a file that may have been cut off while its last one was written.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Take};
use std::path::Path;

/// Bytes looked at in one go.
const BLOCK_BYTES: u64 = 8 * 1024;

/// Opens a file up to its last line end. What follows may look whole and say something else, such as a number
/// without its last digits.
///
/// # Errors
/// Where the file cannot be opened or read.
pub fn open(path: &Path) -> io::Result<Take<File>> {
    let mut file = File::open(path)?;
    let length_bytes = length_bytes(&mut file)?;
    file.rewind()?;
    Ok(file.take(length_bytes))
}

/// How long a file is up to its last line end; 0 where there is none.
///
/// # Errors
/// Where the file cannot be read.
pub(crate) fn length_bytes(file: &mut File) -> io::Result<u64> {
    let mut end = file.seek(SeekFrom::End(0))?;
    let mut block = Vec::new();
    while end > 0 {
        let start = end.saturating_sub(BLOCK_BYTES);
        file.seek(SeekFrom::Start(start))?;
        block.clear();
        file.by_ref().take(end - start).read_to_end(&mut block)?;
        if let Some(last) = block.iter().rposition(|&byte| byte == b'\n') {
            return Ok(start + last as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_the_last_line_end_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let long = "x".repeat(3 * BLOCK_BYTES as usize);
        for (whole, rest) in [("", ""), ("", "a"), ("a\n", ""), ("a\nb\n", "c"), ("a\n", &long), ("", &long)]
        {
            std::fs::write(&path, format!("{whole}{rest}")).unwrap();
            let mut text = String::new();
            open(&path).unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, whole);
        }
        std::fs::write(&path, format!("{long}\n{long}")).unwrap();
        assert_eq!(open(&path).unwrap().limit(), long.len() as u64 + 1);
    }
}
