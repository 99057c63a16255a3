//! The variables of a stage: build arguments, what ENV set, and what the base image brings along.

use super::expand::{Expanded, Manner, Variable, expand};
use super::plan::Settings;
use std::collections::BTreeMap;
use std::rc::Rc;

/// What is known of the variables that nobody in the Dockerfile declares.
#[derive(Clone, Debug)]
pub(super) enum Rest {
    /// There are none.
    Unset,
    /// They are those of the image.
    Image(Rc<BTreeMap<String, Variable>>),
    /// Nobody here knows.
    Unknown,
}

/// The variables at one place of a Dockerfile.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    escape: char,
    arguments: BTreeMap<String, Variable>,
    environment: BTreeMap<String, Variable>,
    /// What holds for all other names.
    pub(super) rest: Rest,
}

impl Scope {
    /// Nothing is declared yet.
    pub(super) fn new(escape: char, rest: Rest) -> Self {
        Self { escape, arguments: BTreeMap::new(), environment: BTreeMap::new(), rest }
    }

    /// What a stage that begins with this one inherits: the environment, not the arguments.
    pub(super) fn inherited(&self) -> Self {
        Self { arguments: BTreeMap::new(), ..self.clone() }
    }

    /// A variable as the next instruction sees it.
    pub(super) fn get(&self, name: &str) -> Variable {
        if let Some(known) = self.environment.get(name).or_else(|| self.arguments.get(name)) {
            return known.clone();
        }
        match &self.rest {
            Rest::Unset => Variable::Unset,
            Rest::Image(variables) => variables.get(name).cloned().unwrap_or(Variable::Unset),
            Rest::Unknown => Variable::Unknown(format!("variable {name} of the base image")),
        }
    }

    /// The variables that ENV set.
    pub(super) fn environment(&self) -> impl Iterator<Item = (&String, &Variable)> {
        self.environment.iter()
    }

    /// A word of an instruction with its variables filled in.
    pub(super) fn word(&self, text: &str) -> Result<Expanded, String> {
        expand(text, Manner::Word(self.escape), &|name| self.get(name))
    }

    /// A here-document with its variables filled in.
    pub(super) fn text(&self, text: &str) -> Result<Expanded, String> {
        expand(text, Manner::Text(self.escape), &|name| self.get(name))
    }

    /// ARG: what was given at build time, else the default, else what the Dockerfile says before its first stage.
    pub(super) fn declare(
        &mut self,
        name: &str,
        default: Option<&str>,
        settings: &Settings,
        global: Option<&Self>,
    ) {
        let unknown = || Variable::Unknown(format!("build argument {name}"));
        let value = match (settings.args.get(name), default) {
            (Some(Some(given)), _) => Variable::Set(given.clone()),
            (Some(None), _) => unknown(),
            (None, Some(default)) => match self.word(default) {
                Ok(word) if settings.args_known && word.assumed.is_empty() => {
                    Variable::Set(word.text)
                }
                Ok(word) => Variable::Assumed(word.text, name.into()),
                Err(_) => unknown(),
            },
            (None, None) => match global.and_then(|global| global.arguments.get(name)) {
                Some(value) => value.clone(),
                None if settings.args_known && !is_set_by_builder(name) => Variable::Unset,
                None => unknown(),
            },
        };
        self.arguments.insert(name.into(), value);
    }

    /// ENV: all values of one instruction see the variables as they were before it.
    pub(super) fn set(&mut self, pairs: &[(String, String)]) {
        let value = |name: &str, text: &str| match self.word(text) {
            Ok(Expanded { text, assumed }) => match assumed.first() {
                None => Variable::Set(text),
                Some(argument) => Variable::Assumed(text, argument.clone()),
            },
            Err(_) => Variable::Unknown(format!("variable {name}")),
        };
        let values: Vec<_> =
            pairs.iter().map(|(name, text)| (name.clone(), value(name, text))).collect();
        self.environment.extend(values);
    }
}

/// Arguments that newer builders fill in by themselves.
pub(super) fn is_set_by_builder(name: &str) -> bool {
    let end = name.strip_prefix("TARGET").or_else(|| name.strip_prefix("BUILD"));
    end.is_some_and(|end| matches!(end, "PLATFORM" | "OS" | "ARCH" | "VARIANT" | "STAGE"))
}

#[cfg(test)]
mod tests {
    use super::{Rest, Scope, Settings, Variable};
    use std::collections::BTreeMap;
    use std::rc::Rc;

    fn settings(args: &[(&str, Option<&str>)], args_known: bool) -> Settings {
        let args =
            args.iter().map(|(name, value)| ((*name).into(), value.map(String::from))).collect();
        Settings { args, args_known, ..Settings::default() }
    }

    fn declared(settings: &Settings, default: Option<&str>, global: Option<&str>) -> Variable {
        let mut before = Scope::new('\\', Rest::Unset);
        if let Some(value) = global {
            before.declare("X", Some(value), settings, None);
        }
        let mut scope = Scope::new('\\', Rest::Unset);
        scope.declare("X", default, settings, Some(&before));
        scope.get("X")
    }

    #[test]
    fn a_build_argument_is_what_was_given_else_its_default_else_the_global_one() {
        let set = |value: &str| Variable::Set(value.into());
        let assumed = |value: &str| Variable::Assumed(value.into(), "X".into());
        let unknown = Variable::Unknown("build argument X".into());
        let (nothing, all) = (settings(&[], false), settings(&[], true));
        assert_eq!(
            declared(&settings(&[("X", Some("given"))], false), Some("d"), None),
            set("given")
        );
        assert_eq!(declared(&settings(&[("X", None)], true), Some("d"), None), unknown);
        assert_eq!(declared(&nothing, Some("d"), Some("g")), assumed("d"));
        assert_eq!(declared(&nothing, None, Some("g")), assumed("g"));
        assert_eq!(declared(&nothing, None, None), unknown);
        assert_eq!(declared(&all, Some("d"), None), set("d"));
        assert_eq!(declared(&all, None, Some("g")), set("g"));
        assert_eq!(declared(&all, None, None), Variable::Unset);
    }

    #[test]
    fn the_builder_sets_some_by_itself() {
        let mut scope = Scope::new('\\', Rest::Unset);
        scope.declare("TARGETARCH", None, &settings(&[], true), None);
        assert_eq!(scope.get("TARGETARCH"), Variable::Unknown("build argument TARGETARCH".into()));
    }

    #[test]
    fn the_environment_beats_arguments_and_sees_what_was_before() {
        let mut scope = Scope::new('\\', Rest::Unset);
        scope.declare("A", Some("1"), &settings(&[], false), None);
        scope.set(&[("B".into(), "b$A".into()), ("C".into(), "c$B".into())]);
        assert_eq!(scope.get("B"), Variable::Assumed("b1".into(), "A".into()));
        assert_eq!(scope.get("C"), Variable::Set("c".into()));
        scope.set(&[("A".into(), "'2'".into())]);
        assert_eq!(scope.get("A"), Variable::Set("2".into()));
        assert_eq!(scope.inherited().get("A"), Variable::Set("2".into()));
    }

    #[test]
    fn what_the_base_sets_may_be_known() {
        let image = BTreeMap::from([("HOME".to_owned(), Variable::Set("/home/x".to_owned()))]);
        let scope = Scope::new('\\', Rest::Image(Rc::new(image)));
        assert_eq!(scope.word("$HOME/$NONE").unwrap().text, "/home/x/");
        let scope = Scope::new('\\', Rest::Unknown);
        assert_eq!(
            scope.word("$HOME").unwrap_err(),
            "variable HOME of the base image is not known"
        );
    }
}
