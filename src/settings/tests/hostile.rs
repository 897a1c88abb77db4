//! No file and no environment panics, overflows a stack, or takes long.

use proptest::prelude::*;

use crate::cli::Flags;
use crate::settings::load;

use super::settings;

/// Depth is bounded by the parser for brackets and for dotted keys, each by itself; together they
/// make a tree that overflows the stack of an ordinary thread.
#[test]
fn a_tree_of_six_thousand_levels_is_an_error() {
    let key = ["a"; 78].join(".");
    let inline = format!("{key}={{").repeat(78) + "a=1" + &"}".repeat(78);
    let error = settings(&inline, &[], &Flags::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "etc/vitals.toml:1:33: not valid TOML: tables nested more than 16 deep"
    );
    let header = format!("[{key}]\n[[{key}.b.{key}]]\n{inline}");
    assert!(settings(&header, &[], &Flags::default()).is_err());
}

#[test]
fn a_file_of_the_wrong_kind_is_not_printed_back_in_full() {
    let error = settings(&"=\n".repeat(10_000), &[], &Flags::default()).unwrap_err();
    assert_eq!(error.problems.len(), 50);
    assert!(
        error
            .to_string()
            .ends_with(&format!("\nand {} more", error.omitted))
    );

    let unknown: String = (0..10_000).map(|key| format!("k{key} = 1\n")).collect();
    let error = settings(&unknown, &[], &Flags::default()).unwrap_err();
    assert_eq!((error.problems.len(), error.omitted), (50, 9_950));

    let long = format!(
        "[server]\naddress = \"{}\"\n{} = 1",
        "\\u001b".repeat(9_999),
        "k".repeat(9_999)
    );
    let error = settings(&long, &[], &Flags::default())
        .unwrap_err()
        .to_string();
    assert!(error.len() < 1_000 && !error.contains('\u{1b}'), "{error}");
}

/// Values of every kind TOML has, and some it has not.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        "[-+]?[0-9]{1,25}(\\.[0-9]{1,3})?(e[0-9]{1,4})?",
        "\"[0-9]{0,4}(%|s|ms|GB| in [0-9]s|:[0-9]{1,5})?\"",
        "\"[^\"\\\\]{0,80}\"",
        "(true|false|inf|-nan|0x[0-9A-F]{1,20}|1979-05-27T07:32:00Z)",
        "[\\[\\]{}=\",.a 0-9\n]{0,20}",
        ".{0,20}",
    ]
}

proptest! {
    #[test]
    fn any_text_is_settings_or_an_error(text in "(.|\n){0,200}") {
        let _ = settings(&text, &[], &Flags::default()).map_err(|error| error.to_string());
    }

    #[test]
    fn any_value_of_any_key_is_a_setting_or_an_error(
        values in prop::collection::vec((any::<prop::sample::Index>(), value()), 0..8)
    ) {
        let keys: Vec<String> = load::known().keys.into_iter().collect();
        let line = |(key, value): &(prop::sample::Index, String)| {
            format!("{} = {value}\n", key.get(&keys))
        };
        let text: String = values.iter().map(line).collect();
        let _ = settings(&text, &[], &Flags::default()).map_err(|error| error.to_string());
    }

    #[test]
    fn any_variable_is_a_setting_or_an_error(
        path in "([a-zA-Z]{1,8}|LOG|SERVER)?(__|_)?([A-Z_]{0,12}|LEVEL|ADDRESS)(__.{0,3})?",
        key in any::<prop::sample::Index>(),
        text in value(),
    ) {
        let keys: Vec<String> = load::known().keys.into_iter().collect();
        let known = crate::settings::environment::name(key.get(&keys).as_str());
        let variables = [(known.as_str(), text.as_str()), (&format!("VITALS__{path}"), &text)];
        let flags = Flags { listen: Some(text.clone()), data: Some(text.clone()), ..Flags::default() };
        let _ = settings("", &variables, &flags).map_err(|error| error.to_string());
    }
}
