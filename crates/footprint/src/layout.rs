//! The order in which the functions of a program stand in its file.
//!
//! The kernel maps a program sixteen pages at a time. Where functions stand as the compiler met them, the
//! few that a service runs on are spread over all of it, and most of it becomes resident: measured on
//! Vitals, idle, 1.0 MB of functions in 7.2 MB of pages. Here they stand together; what they do is the same.

use std::{fmt, str::FromStr};

/// Functions in the order in which they are to stand, the most used first.
///
/// As text a line for each name: the mangled one up to the hash that tells instances of it apart (`…17h`),
/// then the hashes of those instances that run; or the name alone where it has no hash. Empty lines and those
/// that begin with `#` say nothing.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Layout(Vec<Function>);

#[derive(Debug, PartialEq, Eq)]
struct Function {
    name: String,
    instances: Vec<String>,
}

/// A line of a layout that cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub struct BadLine {
    /// Its number, from 1.
    pub number: usize,
    /// What stands in place of a name or a hash.
    pub word: String,
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, word } = self;
        write!(
            f,
            "line {number} of the layout: `{word}` is neither a mangled name (letters, digits, `_`, `.`, `$`) \
             nor a hash (16 hexadecimal digits): record it again"
        )
    }
}

impl std::error::Error for BadLine {}

impl FromStr for Layout {
    type Err = BadLine;

    fn from_str(text: &str) -> Result<Self, BadLine> {
        let lines = (1..).zip(text.lines());
        let meant = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        meant.map(function).collect::<Result<_, _>>().map(Self)
    }
}

fn function((number, line): (usize, &str)) -> Result<Function, BadLine> {
    // Whatever else would be something to the linker.
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"_.$".contains(&byte);
    let is_name = |word: &str| !word.is_empty() && word.bytes().all(is_letter);
    let is_hash = |word: &str| word.len() == 16 && word.bytes().all(|b| b.is_ascii_hexdigit());
    let known = |word: &str, is_it: bool| match is_it {
        true => Ok(word.to_owned()),
        false => Err(BadLine {
            number,
            word: word.to_owned(),
        }),
    };
    let mut words = line.split(' ');
    let name = words.next().unwrap_or_default();
    Ok(Function {
        name: known(name, is_name(name))?,
        instances: words
            .map(|word| known(word, is_hash(word)))
            .collect::<Result<_, _>>()?,
    })
}

impl Layout {
    /// For `ld -T`, GNU's or LLVM's: places these functions before all others. Each has a section of its
    /// own, as rustc has it by default, and one that is not there is passed over.
    ///
    /// Hashes are others with another version of the compiler or of any library. So all that is called like
    /// these comes after those that are known exactly: a layout that has grown old puts together more than
    /// it should, and still what it should.
    pub fn linker_script(&self) -> String {
        let mut lines = String::new();
        let mut place = |name: &str, rest: &str| {
            lines += &format!("    *(.text.{name}{rest} .text.unlikely.{name}{rest})\n");
        };
        for Function { name, instances } in &self.0 {
            // What optimization over all crates has made known to others gets an ending.
            if instances.is_empty() {
                place(name, "");
                place(name, ".llvm.*");
            }
            for hash in instances {
                place(name, &format!("{hash}E*"));
            }
        }
        for Function { name, .. } in self.0.iter().filter(|it| !it.instances.is_empty()) {
            place(name, "*");
        }
        format!("SECTIONS {{\n  .text.first : {{\n{lines}  }}\n}} INSERT BEFORE .text;\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_that_run_come_first_and_then_what_is_called_like_them() {
        let layout: Layout = "\
# the most used
_ZN3foo3run17h 0123456789abcdef fedcba9876543210
memcpy

_ZN3bar5start17h 00000000000000aa
"
        .parse()
        .unwrap();
        let expected = "\
SECTIONS {
  .text.first : {
    *(.text._ZN3foo3run17h0123456789abcdefE* .text.unlikely._ZN3foo3run17h0123456789abcdefE*)
    *(.text._ZN3foo3run17hfedcba9876543210E* .text.unlikely._ZN3foo3run17hfedcba9876543210E*)
    *(.text.memcpy .text.unlikely.memcpy)
    *(.text.memcpy.llvm.* .text.unlikely.memcpy.llvm.*)
    *(.text._ZN3bar5start17h00000000000000aaE* .text.unlikely._ZN3bar5start17h00000000000000aaE*)
    *(.text._ZN3foo3run17h* .text.unlikely._ZN3foo3run17h*)
    *(.text._ZN3bar5start17h* .text.unlikely._ZN3bar5start17h*)
  }
} INSERT BEFORE .text;
";
        assert_eq!(layout.linker_script(), expected);
    }

    #[test]
    fn what_would_be_something_else_to_the_linker_is_refused() {
        for (line, word) in [
            ("*)", "*)"),
            ("a;", "a;"),
            (" a", ""),
            ("/DISCARD/", "/DISCARD/"),
            ("_ZN1a17h*", "_ZN1a17h*"),
            ("_ZN1a17h 0123", "0123"),
            ("_ZN1a17h 0123456789abcdeg", "0123456789abcdeg"),
            ("_ZN1a17h ", ""),
        ] {
            let refused = format!("# x\n{line}").parse::<Layout>().unwrap_err();
            let (number, word) = (2, word.to_owned());
            assert_eq!(refused, BadLine { number, word }, "{line}");
        }
    }
}
