//! The supervision tree as `/vitals/v1/tree` shows it.

use serde_json::Value;

/// All nodes, parents first, each by its path; the root's is empty.
#[derive(Debug)]
pub(crate) struct Tree(pub(crate) Vec<Node>);

#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) path: String,
    pub(crate) kind: String,
    pub(crate) state: String,
    pub(crate) generation: u64,
    pub(crate) restarts: u64,
    /// `panic`, `hang`, ...
    pub(crate) last_exit: Option<String>,
    /// `file:line`
    pub(crate) panicked_at: Option<String>,
}

impl Tree {
    #[track_caller]
    pub(crate) fn of(root: &Value) -> Tree {
        let mut nodes = Vec::new();
        collect(root, String::new(), &mut nodes);
        Tree(nodes)
    }

    #[track_caller]
    pub(crate) fn node(&self, path: &str) -> &Node {
        let found = self.find(path);
        found.unwrap_or_else(|| panic!("no {path} in {self:?}"))
    }

    pub(crate) fn find(&self, path: &str) -> Option<&Node> {
        self.0.iter().find(|node| node.path == path)
    }

    /// All below the root.
    pub(crate) fn paths(&self) -> Vec<String> {
        let below = self.0.iter().filter(|node| !node.path.is_empty());
        below.map(|node| node.path.clone()).collect()
    }

    pub(crate) fn all_are(&self, state: &str) -> bool {
        self.0.iter().all(|node| node.state == state)
    }
}

fn collect(node: &Value, path: String, nodes: &mut Vec<Node>) {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let exit = &node["last_exit"];
    nodes.push(Node {
        path: path.clone(),
        kind: text(&node["kind"]).unwrap(),
        state: text(&node["state"]).unwrap(),
        generation: node["generation"].as_u64().unwrap(),
        restarts: node["restarts"].as_u64().unwrap(),
        last_exit: text(&exit["kind"]),
        panicked_at: text(&exit["at"]),
    });
    for child in node["children"].as_array().unwrap() {
        let name = child["name"].as_str().unwrap();
        let path = match &*path {
            "" => name.to_owned(),
            path => format!("{path}/{name}"),
        };
        collect(child, path, nodes);
    }
}
