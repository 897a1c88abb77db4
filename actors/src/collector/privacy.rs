//! What of a label's value is handed on. Applications write into labels what their authors think of, and
//! IRIS takes names of hosts and of message types from what
//! people configure and program: nothing that could be a part of a message may get any further.

use std::borrow::Cow;

/// Longer values are no names.
const LONGEST: usize = 256;
/// Stands for a type of message that is not shaped like one.
pub(super) const OTHER: &str = "other";

/// The value as it is handed on; `None` if it could be content. HL7 separates by `|`, `^`, `~` and
/// `&`; of these only `&` is in names of IRIS's own.
pub(super) fn name(value: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let is_content = |character: char| matches!(character, '|' | '^') || character.is_control();
    (value.len() <= LONGEST && !value.contains(is_content)).then_some(value)
}

/// The type of a message: an HL7 structure, the name of a class, or nothing; everything else could
/// be set by a program, and is [`OTHER`].
pub(super) fn message_type(value: Cow<'_, str>) -> Cow<'_, str> {
    if is_hl7_structure(&value) || is_class(&value) || matches!(&*value, "" | "-") {
        value
    } else {
        OTHER.into()
    }
}

/// Such as `ADT_A01` or `ACK`.
pub(super) fn is_hl7_structure(text: &str) -> bool {
    let part = |part: &str| {
        let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        part.len() == 3 && part.bytes().all(plain)
    };
    let mut parts = text.split('_');
    let first = parts.next().is_some_and(|first| {
        part(first) && first.starts_with(|first: char| first.is_ascii_uppercase())
    });
    first && parts.next().is_none_or(part) && parts.next().is_none()
}

/// Such as `EnsLib.HL7.Message`: a package is part of every class's name.
fn is_class(text: &str) -> bool {
    let part = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_alphabetic() || first == '%')
            && part
                .bytes()
                .skip(1)
                .all(|byte| byte.is_ascii_alphanumeric())
    };
    text.len() <= 128 && text.contains('.') && text.split('.').all(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_pass_and_content_does_not() {
        for passes in [
            "DB_Name_&_Directory",
            "c:\\intersystems\\mgr\\progra~1\\",
            "%SYS",
            "EMR Source",
            "172.24.0.1:80",
            "Größe",
        ] {
            assert_eq!(name(passes.into()).as_deref(), Some(passes));
        }
        let long = "x".repeat(LONGEST + 1);
        for content in ["PID|1||12345^^^H^MR", "Perez^Juan", "a\rb", "a\nb", &long] {
            assert_eq!(name(content.into()), None, "{content}");
        }
    }

    #[test]
    fn types_of_messages_are_structures_or_classes() {
        for passes in [
            "ADT_A01",
            "ACK",
            "ORU_R01",
            "EnsLib.HL7.Message",
            "%Library.Base",
            "-",
            "",
        ] {
            assert_eq!(message_type(passes.into()), passes);
        }
        for other in [
            "Perez Juan",
            "PID",
            "12345",
            "A.1x y",
            "adt_a01",
            "ADT_A01_X",
            "123_456",
            ".",
        ] {
            let expected = if other == "PID" { "PID" } else { OTHER };
            assert_eq!(message_type(other.into()), expected);
        }
    }
}
