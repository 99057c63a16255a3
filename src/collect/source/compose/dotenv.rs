//! Files of assignments beside a Compose file: the project's `.env`, and what `env_file` names.

/// One assignment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Setting {
    /// The variable.
    pub(super) name: String,
    /// Its value; `None` where it is put together from other variables, or goes on in the next line.
    pub(super) value: Option<String>,
    /// Its line, from 1.
    pub(super) line: usize,
}

/// The assignments of a text, in their order; other lines are left out.
pub(super) fn settings(text: &str) -> Vec<Setting> {
    let setting = |(at, line): (usize, &str)| {
        let line = line.trim();
        let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
        let name = name.trim();
        let is_name = !name.is_empty() && !name.starts_with('#');
        is_name.then(|| Setting { name: name.into(), value: plain(value.trim()), line: at + 1 })
    };
    text.lines().enumerate().filter_map(setting).collect()
}

/// A value without its quotes and without the comment behind it.
fn plain(value: &str) -> Option<String> {
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    let plain = match quote {
        Some(quote) => value[1..].split_once(quote)?.0,
        None if value.starts_with('#') => "",
        None => value.split(" #").next().unwrap_or(value).trim_end(),
    };
    // Only what stands in single quotes is never filled in.
    (quote == Some('\'') || !plain.contains('$')).then(|| plain.to_owned())
}

#[cfg(test)]
mod tests {
    use super::settings;

    #[test]
    fn assignments_with_their_lines() {
        let text = "A=1\n# B=2\nexport C = 'x # $y'  \nD=\"q\" # z\nE=a b # c\nF=\nnonsense\n\
                    G=$A/x\nH='open\n=x\nI= # c\n";
        let found: Vec<_> = settings(text)
            .into_iter()
            .map(|s| format!("{}:{} {}", s.line, s.name, s.value.as_deref().unwrap_or("?")))
            .collect();
        assert_eq!(
            found,
            ["1:A 1", "3:C x # $y", "4:D q", "5:E a b", "6:F ", "8:G ?", "9:H ?", "11:I "]
        );
    }
}
