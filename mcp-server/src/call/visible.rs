//! Characters that are not seen, or that change how the text around them is shown.

/// Reports whether a character is invisible, or changes the direction or the lines of the text around it: Unicode's
/// format characters (`Cf`), its line and paragraph separators, fillers that look like spaces, and variation selectors.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{600}'..='\u{605}' | '\u{61C}' | '\u{6DD}' | '\u{70F}' | '\u{890}'..='\u{891}'
        | '\u{8E2}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{110BD}' | '\u{110CD}'
        | '\u{13430}'..='\u{1343F}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_nobody_sees_are_known() {
        for c in
            "\u{200B}\u{2028}\u{2029}\u{202E}\u{2066}\u{FEFF}\u{AD}\u{3164}\u{2800}\u{E0041}\u{FE0F}\u{FFF9}"
                .chars()
        {
            assert!(is_invisible(c), "{c:?}");
        }
        for c in "a \n\t长🔥é\u{301}א".chars() {
            assert!(!is_invisible(c), "{c:?}");
        }
    }
}
