//! What a source file names: its paths, with the groups of `use` written out, and what it exports of others.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// A path as it stands in the code, such as `crate::load::retry`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// The line that it begins on.
    pub line: usize,
    /// Its segments.
    pub segments: Vec<String>,
    /// Whether it is imported, and then under which name.
    pub import: Option<Import>,
}

/// How a path is imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Import {
    /// The name that it has here; `*` for all that is in it.
    pub name: String,
    /// Whether others may import it from here.
    pub exported: bool,
}

/// The paths of a file without its tests, in order.
///
/// # Panics
/// Where the file is no Rust.
pub(crate) fn paths_without_tests(text: &str) -> Vec<Named> {
    let mut paths = Paths::default();
    paths.visit_file(&syn::parse_file(text).unwrap());
    paths.found
}

/// The names of the types and traits that a file declares.
///
/// # Panics
/// Where the file is no Rust.
pub(crate) fn declared_types(text: &str) -> Vec<String> {
    let mut types = Types::default();
    types.visit_file(&syn::parse_file(text).unwrap());
    types.names
}

#[derive(Default)]
struct Types {
    names: Vec<String>,
}

impl<'a> Visit<'a> for Types {
    fn visit_item(&mut self, item: &'a syn::Item) {
        self.names.extend(match item {
            syn::Item::Struct(item) => Some(item.ident.to_string()),
            syn::Item::Enum(item) => Some(item.ident.to_string()),
            syn::Item::Trait(item) => Some(item.ident.to_string()),
            syn::Item::Type(item) => Some(item.ident.to_string()),
            _ => None,
        });
        visit::visit_item(self, item);
    }
}

/// Every word and path of a file, without comments and literals. Rules about names are checked on these; the name of
/// a macro ends in `!`.
pub(crate) fn words(text: &str) -> Vec<Named> {
    let mut found = Vec::new();
    words_of(text.parse().unwrap(), &[], &mut found);
    found
}

/// The files of the modules that a file declares for tests only, each without its ending and beside the file's
/// module.
///
/// # Panics
/// Where the file is no Rust.
pub(crate) fn test_files(text: &str) -> Vec<String> {
    let items = syn::parse_file(text).unwrap().items;
    let file = |item: syn::Item| match item {
        syn::Item::Mod(item) if item.content.is_none() && is_for_tests(&item.attrs) => {
            Some(own_path(&item.attrs).unwrap_or_else(|| item.ident.to_string()))
        }
        _ => None,
    };
    items.into_iter().filter_map(file).collect()
}

/// The file that a module is read from where that is said, without its ending.
fn own_path(attributes: &[syn::Attribute]) -> Option<String> {
    let path = attributes.iter().find(|attribute| attribute.path().is_ident("path"))?;
    let syn::Meta::NameValue(value) = &path.meta else { return None };
    let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &value.value else { return None };
    text.value().strip_suffix(".rs").map(str::to_owned)
}

#[derive(Default)]
struct Paths {
    found: Vec<Named>,
}

impl Paths {
    fn take(&mut self, line: usize, segments: Vec<String>, import: Option<Import>) {
        self.found.push(Named { line, segments, import });
    }

    fn tree(&mut self, tree: &syn::UseTree, before: &[String], exported: bool) {
        let with = |ident: &syn::Ident| before.iter().cloned().chain([ident.to_string()]).collect::<Vec<_>>();
        let import = |name: String| Some(Import { name, exported });
        match tree {
            syn::UseTree::Path(path) => self.tree(&path.tree, &with(&path.ident), exported),
            syn::UseTree::Name(name) if name.ident == "self" => {
                let own = before.last().cloned().unwrap_or_default();
                self.take(line(&name.ident), before.to_vec(), import(own));
            }
            syn::UseTree::Name(name) => {
                self.take(line(&name.ident), with(&name.ident), import(name.ident.to_string()));
            }
            syn::UseTree::Rename(rename) => {
                self.take(line(&rename.ident), with(&rename.ident), import(rename.rename.to_string()));
            }
            syn::UseTree::Glob(glob) => {
                let at = glob.star_token.spans[0].start().line;
                self.take(at, before.to_vec(), import("*".into()));
            }
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|item| self.tree(item, before, exported));
            }
        }
    }
}

fn line(ident: &syn::Ident) -> usize {
    ident.span().start().line
}

/// Whether an item is there for tests only.
fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    })
}

impl<'a> Visit<'a> for Paths {
    fn visit_item_mod(&mut self, item: &'a syn::ItemMod) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'a syn::ItemFn) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        if !is_for_tests(&item.attrs) {
            self.tree(&item.tree, &[], !matches!(item.vis, syn::Visibility::Inherited));
        }
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if let Some(first) = path.segments.first() {
            self.take(line(&first.ident), segments, None);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'a syn::Macro) {
        words_of(item.tokens.clone(), &[], &mut self.found);
        visit::visit_macro(self, item);
    }

    /// Who may see an item is no import.
    fn visit_vis_restricted(&mut self, _: &'a syn::VisRestricted) {}

    /// Documentation names things that the code does not use.
    fn visit_attribute(&mut self, attribute: &'a syn::Attribute) {
        if !attribute.path().is_ident("doc") {
            visit::visit_attribute(self, attribute);
        }
    }
}

/// The paths among tokens; `before` is what a group of `use` stands after.
fn words_of(tokens: TokenStream, before: &[String], found: &mut Vec<Named>) {
    let mut path: Vec<String> = before.to_vec();
    let mut start = 0;
    // Whether the next word goes on with the path.
    let mut joined = !before.is_empty();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(word) => {
                if !joined {
                    path.clear();
                }
                if path.len() <= before.len() {
                    start = word.span().start().line;
                }
                path.push(word.to_string());
                joined = false;
                let next = tokens.peek().and_then(punctuation);
                if next == Some('!') {
                    path.last_mut().unwrap().push('!');
                }
                if next != Some(':') {
                    found.push(Named { line: start, segments: path.clone(), import: None });
                }
            }
            TokenTree::Punct(mark) if mark.as_char() == ':' => {
                let doubled =
                    mark.spacing() == Spacing::Joint && tokens.peek().and_then(punctuation) == Some(':');
                if doubled {
                    tokens.next();
                } else if !joined && path.len() > before.len() {
                    // A name and its type, or a field and its value.
                    found.push(Named { line: start, segments: path.clone(), import: None });
                }
                joined = doubled;
            }
            TokenTree::Punct(mark) if mark.as_char() == ',' => {
                path = before.to_vec();
                joined = !before.is_empty();
            }
            TokenTree::Group(group) => {
                let prefix =
                    if joined && group.delimiter() == Delimiter::Brace { path.clone() } else { Vec::new() };
                words_of(group.stream(), &prefix, found);
                path.clear();
                joined = false;
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {
                path.clear();
                joined = false;
            }
        }
    }
}

fn punctuation(token: &TokenTree) -> Option<char> {
    match token {
        TokenTree::Punct(mark) => Some(mark.as_char()),
        _ => None,
    }
}
