//! Files of other programs that are told by their first bytes and not read: what each is called, and what to type to have
//! one that is.

use crate::{Error, Place};

/// A kind of file, and what turns one into text; `FILE` stands for its path.
struct Foreign {
    starts: &'static [&'static [u8]],
    what: &'static str,
    convert: &'static str,
}

/// In pandas, which most people have who have such a file.
const FOREIGN: [Foreign; 11] = [
    Foreign {
        starts: &[b"\x89HDF\r\n\x1a\n"],
        what: "an HDF5 file",
        convert: "python3 -c \"import pandas; pandas.read_hdf('FILE').to_csv('FILE.csv', index=False)\"",
    },
    Foreign { starts: &[b"\xfd7zXZ\x00"], what: "a file that xz has compressed", convert: "xz -dc FILE > NEW" },
    Foreign {
        starts: &[b"BZh1", b"BZh2", b"BZh3", b"BZh4", b"BZh5", b"BZh6", b"BZh7", b"BZh8", b"BZh9"],
        what: "a file that bzip2 has compressed",
        convert: "bzip2 -dc FILE > NEW",
    },
    Foreign {
        starts: &[b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"],
        what: "a pickle of Python's",
        convert: "python3 -c \"import pandas; pandas.read_pickle('FILE').to_csv('FILE.csv', index=False)\"",
    },
    Foreign {
        starts: &[b"X\n\x00\x00\x00\x02", b"X\n\x00\x00\x00\x03", b"A\n2\n", b"A\n3\n"],
        what: "an object of R's (RDS)",
        convert: "Rscript -e \"write.csv(readRDS('FILE'), 'FILE.csv', row.names = FALSE)\"",
    },
    Foreign {
        starts: &[b"RDX2\n", b"RDX3\n"],
        what: "a workspace of R's",
        convert: "Rscript -e \"write.csv(get(load('FILE')), 'FILE.csv', row.names = FALSE)\"",
    },
    Foreign {
        starts: &[b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"],
        what: "an old Excel workbook",
        convert: "python3 -c \"import pandas; pandas.read_excel('FILE').to_csv('FILE.csv', index=False)\"",
    },
    Foreign {
        starts: &[b"SQLite f"],
        what: "an SQLite database",
        convert: "sqlite3 -csv -header FILE 'select * from TABLE' > NEW.csv",
    },
    Foreign {
        starts: &[b"{\"", b"{ \""],
        what: "JSON, an object a line or in all",
        convert: "python3 -c \"import pandas; pandas.read_json('FILE', lines=True).to_csv('FILE.csv', index=False)\"",
    },
    Foreign {
        starts: &[b"[{", b"[\n", b"[ {", b"[[", b"[\r\n"],
        what: "JSON, a list",
        convert: "python3 -c \"import pandas; pandas.read_json('FILE').to_csv('FILE.csv', index=False)\"",
    },
    Foreign { starts: &[b"\x89PNG", b"\xff\xd8\xff"], what: "an image", convert: "an array of its pixels as NPY" },
];

/// The error for a file that begins with these bytes, if it is one of another program's.
pub(super) fn refused(origin: &str, head: &[u8], known: &str) -> Option<Error> {
    let is_it = |foreign: &&Foreign| foreign.starts.iter().any(|start| head.starts_with(start));
    let Foreign { what, convert, .. } = FOREIGN.iter().find(is_it)?;
    let expected = format!("{known}: {}", convert.replace("FILE", origin));
    Some(Error::format(origin, Place::Byte(0), *what, expected))
}

/// The error for a zip archive, which may be a workbook.
pub(super) fn zip(origin: &str, name: &str, known: &str) -> Error {
    let (what, convert) = match [".xlsx", ".xlsm", ".ods"].iter().any(|ending| name.ends_with(ending)) {
        true => (
            "a zip archive, a workbook of a spreadsheet",
            format!(
                "save it as CSV, or python3 -c \"import pandas; pandas.read_excel('{origin}').to_csv('{origin}.csv', index=False)\""
            ),
        ),
        false => ("a zip archive", format!("unzip -p {origin} > NEW")),
    };
    Error::format(origin, Place::Byte(0), what, format!("{known}: {convert}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_other_programs_are_named_with_what_converts_them() {
        let told = |head: &[u8]| refused("a.b", head, "text").map(|error| error.to_string());
        for (head, what, command) in [
            (&b"\xfd7zXZ\x00\x00\x04"[..], "xz has compressed", "xz -dc a.b > NEW"),
            (b"BZh91AY&", "bzip2 has compressed", "bzip2 -dc a.b > NEW"),
            (b"\x89HDF\r\n\x1a\n", "an HDF5 file", "pandas.read_hdf('a.b')"),
            (b"\x80\x04\x95\x10\x00\x00\x00\x00", "a pickle", "pandas.read_pickle('a.b')"),
            (b"X\n\x00\x00\x00\x03\x00\x04", "(RDS)", "readRDS('a.b')"),
            (b"{\"a\": 1,", "JSON, an object", "pandas.read_json('a.b', lines=True)"),
            (b"[{\"a\": 1", "JSON, a list", "pandas.read_json('a.b')"),
        ] {
            let told = told(head).unwrap();
            assert!(told.contains(what) && told.contains(command), "{told}");
        }
        for head in [&b"a,b\n1,2\n"[..], b"X\n1\n2\n3\n", b"BZh,a\n1,", b"[a],b\n1,", b"RDX,1\n", b"\x80", b""] {
            assert_eq!(told(head), None, "{head:?}");
        }
        assert!(zip("a.xlsx", "a.xlsx", "text").to_string().contains("pandas.read_excel('a.xlsx')"));
        assert!(zip("a.zip", "a.zip", "text").to_string().contains("unzip -p a.zip > NEW"));
    }
}
