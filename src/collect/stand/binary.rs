//! The running program itself, as a file that can stand alone in a container.

use crate::words::words;
use std::fs::File;
use std::io::Read;

/// What is read to find out how much is needed: the headers of a program stand at its beginning.
const HEAD: usize = 4096;
/// No program of ours is larger, in bytes.
const LARGEST: u64 = 512 << 20;
const DYNAMIC: &str = "this econn is linked dynamically, so it can't stand alone in a container";

/// The program that is running, without what only a debugger needs.
///
/// # Errors
///
/// Says why it can't run in a container that holds nothing else.
pub(crate) fn own() -> Result<Vec<u8>, String> {
    let told = |e: std::io::Error| format!("the running program can't be read: {}", words(&e));
    let mut file = File::open("/proc/self/exe").map_err(told)?;
    let mut program = Vec::new();
    file.by_ref().take(HEAD as u64).read_to_end(&mut program).map_err(told)?;
    let needed = needed(&program)?;
    let rest = needed.saturating_sub(program.len() as u64);
    file.take(rest).read_to_end(&mut program).map_err(told)?;
    if program.len() as u64 != needed.max(program.len().min(HEAD) as u64) {
        return Err("the running program is cut off".to_owned());
    }
    without_sections(&mut program);
    Ok(program)
}

/// Whether the running program needs no loader and no library.
///
/// # Errors
///
/// Says that it does, or why that can't be told.
pub(crate) fn is_static() -> Result<(), String> {
    let told = |e: std::io::Error| format!("the running program can't be read: {}", words(&e));
    let mut head = Vec::new();
    let file = File::open("/proc/self/exe").map_err(told)?;
    file.take(HEAD as u64).read_to_end(&mut head).map_err(told)?;
    needed(&head).map(drop)
}

/// How much of a program the kernel loads, in bytes from its beginning.
fn needed(head: &[u8]) -> Result<u64, String> {
    const INTERPRETER: u64 = 3;
    let strange = || "the running program is no 64-bit ELF file of this kind".to_owned();
    if head.get(..6) != Some(&[0x7f, b'E', b'L', b'F', 2, 1]) {
        return Err(strange());
    }
    let [table, size, count] =
        [number(head, 32, 8), number(head, 54, 2), number(head, 56, 2)].map(|n| n.unwrap_or(0));
    let mut end = table + size * count;
    for index in 0..count {
        let at = table + index * size;
        let field = |offset, length| number(head, at + offset, length).ok_or_else(strange);
        if field(0, 4)? == INTERPRETER {
            return Err(DYNAMIC.to_owned());
        }
        end = end.max(field(8, 8)?.saturating_add(field(32, 8)?));
    }
    if count == 0 || end > LARGEST { Err(strange()) } else { Ok(end) }
}

/// Takes the table of sections out of the header: the kernel does not look at it, and what it names is not there any more.
fn without_sections(program: &mut [u8]) {
    for range in [40..48, 60..64] {
        if let Some(field) = program.get_mut(range) {
            field.fill(0);
        }
    }
}

/// A number of `length` bytes, the least first.
fn number(bytes: &[u8], at: u64, length: usize) -> Option<u64> {
    let at = usize::try_from(at).ok()?;
    let bytes = bytes.get(at..at.checked_add(length)?)?;
    Some(bytes.iter().rev().fold(0, |number, byte| (number << 8) | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::{needed, own};
    use proptest::prelude::*;
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;

    /// A header with these entries: kind, place in the file, size in the file.
    fn elf(entries: &[(u32, u64, u64)]) -> Vec<u8> {
        let mut head = vec![0; 64];
        head[..6].copy_from_slice(b"\x7fELF\x02\x01");
        head[32] = 64;
        head[54] = 56;
        head[56] = u8::try_from(entries.len()).unwrap();
        for (kind, place, size) in entries {
            let mut entry = [0; 56];
            entry[..4].copy_from_slice(&kind.to_le_bytes());
            entry[8..16].copy_from_slice(&place.to_le_bytes());
            entry[32..40].copy_from_slice(&size.to_le_bytes());
            head.extend(entry);
        }
        head
    }

    #[test]
    fn what_the_kernel_loads_is_needed_and_a_loader_is_not_there() {
        assert_eq!(needed(&elf(&[(1, 0, 500), (1, 4096, 70), (2, 4100, 8)])), Ok(4166));
        assert_eq!(needed(&elf(&[(1, 0, 1)])), Ok(120), "the headers themselves");
        let dynamic = needed(&elf(&[(1, 0, 500), (3, 100, 28)])).unwrap_err();
        assert!(dynamic.contains("linked dynamically"), "{dynamic}");
    }

    #[test]
    fn what_is_no_program_is_refused() {
        let mut cut = elf(&[(1, 0, 500), (1, 500, 1)]);
        cut.truncate(130);
        for bytes in [&b"#!/bin/sh\n"[..], &[], &cut, &elf(&[]), &elf(&[(1, 0, u64::MAX)])] {
            assert!(needed(bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn the_program_under_test_runs_as_it_is_carried() {
        let program = own().unwrap();
        let whole = std::fs::metadata("/proc/self/exe").unwrap().len();
        assert!(u64::try_from(program.len()).unwrap() < whole, "debugger's part and all");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("carried");
        let mut file = std::fs::File::create(&path).unwrap();
        file.write_all(&program).unwrap();
        file.set_permissions(std::fs::Permissions::from_mode(0o755)).unwrap();
        drop(file);
        let run = std::process::Command::new(&path).args(["--list", "no-such-test"]).output();
        assert!(run.unwrap().status.success());
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = needed(&bytes);
            let mut elf = elf(&[]);
            elf.extend(bytes);
            elf[56] = 9;
            let _ = needed(&elf);
        }
    }
}
