//! Variables whose values are written into pages: whoever dials their addresses is a browser.

/// How the names of variables begin that bundlers write into pages.
pub const BUNDLED: [&str; 7] =
    ["VITE_", "REACT_APP_", "VUE_APP_", "NG_APP_", "GATSBY_", "EXPO_PUBLIC_", "STORYBOOK_"];

/// The same of frameworks whose programs on the server's side read them as well.
pub const BUNDLED_AND_READ: [&str; 2] = ["NEXT_PUBLIC_", "NUXT_PUBLIC_"];
