//! The orders in which layers form a chain, found without trying them all.
//!
//! Widths are vertices and dense layers edges, so an order is an Eulerian trail; a normalisation is a stop at a vertex.
//! A trail exists where the degrees allow it and all edges hang together, and Fleury's rule keeps it that way: no edge is
//! taken behind which another could no more be reached. So, without constraints by names, the search never turns back for
//! nothing. With them it may, and its steps are bounded.

use std::collections::HashMap;

/// The steps of one search, some tenths of a second.
const STEPS_MAX: usize = 1 << 24;

/// One layer that has tensors.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item<'a> {
    pub(super) name: &'a str,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) is_norm: bool,
}

/// What has to come before what: items of a lower level before those of a higher one.
#[derive(Debug, Clone)]
pub(super) struct Chain(pub(super) Vec<(usize, usize)>); // (item, level)

/// What a search goes by, besides shapes.
#[derive(Debug, Default)]
pub(super) struct Rules {
    /// Whether a normalisation may be the first layer; otherwise each stands directly after a dense layer.
    pub(super) norm_may_be_first: bool,
    pub(super) chains: Vec<Chain>,
}

/// What a search found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Different orders, as indices of items; no more than were asked for.
    pub(super) orders: Vec<Vec<usize>>,
    /// Whether there are no others.
    pub(super) is_all: bool,
}

/// Up to `most` orders of the items.
pub(super) fn orders(items: &[Item<'_>], rules: &Rules, most: usize) -> Found {
    let mut search = Search::new(items, rules);
    let mut found = Found::default();
    found.is_all = search.starts().into_iter().all(|start| search.walk(start, most, &mut found.orders));
    found
}

/// What the last item was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    Start,
    Dense,
    Norm,
}

/// A place in the trail.
#[derive(Debug)]
struct Frame {
    vertex: usize,
    after: After,
    /// The item taken here, or tried last; before the first, the head of the vertex's list.
    at: usize,
    is_taken: bool,
}

#[derive(Debug)]
struct Levels {
    /// Items left in each level.
    left: Vec<usize>,
    lowest: usize,
}

#[derive(Debug)]
struct Search {
    norm_may_be_first: bool,
    /// Of each item: the vertices it leads from and to, and whether it is a normalisation.
    ends: Vec<[usize; 2]>,
    is_norm: Vec<bool>,
    /// Of each item, its chains and its levels in them.
    levels_of: Vec<Vec<(usize, usize)>>,
    chains: Vec<Levels>,
    /// Circular lists of the items left at each vertex, normalisations first; vertex v's head is `items + v`.
    next: Vec<usize>,
    before: Vec<usize>,
    /// Of each vertex, where dense layers lead and how many of them are left.
    leads: Vec<HashMap<usize, usize>>,
    /// Of each vertex: dense layers left that lead out and in, normalisations left.
    out: Vec<usize>,
    into: Vec<usize>,
    norms: Vec<usize>,
    /// Items left, and dense layers among them.
    left: usize,
    dense: usize,
    steps: usize,
    /// The search of reachable vertices that saw each vertex last.
    seen: Vec<usize>,
    looks: usize,
}

impl Search {
    fn new(items: &[Item<'_>], rules: &Rules) -> Self {
        let mut vertices = HashMap::new();
        let mut vertex = |width: usize| {
            let next = vertices.len();
            *vertices.entry(width).or_insert(next)
        };
        let ends: Vec<[usize; 2]> = items.iter().map(|item| [vertex(item.inputs), vertex(item.outputs)]).collect();
        let (n, v) = (items.len(), vertices.len());
        let mut search = Search {
            norm_may_be_first: rules.norm_may_be_first,
            ends,
            is_norm: items.iter().map(|item| item.is_norm).collect(),
            levels_of: vec![Vec::new(); n],
            chains: Vec::new(),
            next: (0..n + v).collect(),
            before: (0..n + v).collect(),
            leads: vec![HashMap::new(); v],
            out: vec![0; v],
            into: vec![0; v],
            norms: vec![0; v],
            left: n,
            dense: 0,
            steps: STEPS_MAX,
            seen: vec![0; v],
            looks: 0,
        };
        for (chain, Chain(levels)) in rules.chains.iter().enumerate() {
            let count = levels.iter().map(|(_, level)| level + 1).max().unwrap_or(0);
            let mut left = vec![0; count];
            for &(item, level) in levels {
                left[level] += 1;
                search.levels_of[item].push((chain, level));
            }
            let lowest = left.iter().position(|left| *left > 0).unwrap_or(0);
            search.chains.push(Levels { left, lowest });
        }
        let norms_first = (0..n).filter(|i| items[*i].is_norm).chain((0..n).filter(|i| !items[*i].is_norm));
        for item in norms_first {
            let [from, to] = search.ends[item];
            search.link(item, search.before[n + from], n + from);
            if items[item].is_norm {
                search.norms[from] += 1;
            } else {
                search.lead(from, to, true);
            }
        }
        search
    }

    /// Where a trail may begin; empty where the degrees allow none.
    fn starts(&mut self) -> Vec<usize> {
        let vertices = 0..self.out.len();
        let is_even = |v: usize| self.out[v].abs_diff(self.into[v]) <= 1;
        let more_out: Vec<usize> = vertices.clone().filter(|v| self.out[*v] > self.into[*v]).collect();
        let more_in = vertices.clone().filter(|v| self.into[*v] > self.out[*v]).count();
        if !vertices.clone().all(is_even) || more_out.len() > 1 || more_out.len() != more_in {
            return Vec::new();
        }
        let mut starts = more_out;
        if starts.is_empty() {
            starts = vertices.clone().filter(|v| self.out[*v] > 0).collect();
        }
        // Each normalisation needs a dense layer that leads to it, or to be the first.
        let crowded: Vec<usize> = vertices.filter(|v| self.norms[*v] > self.into[*v]).collect();
        match crowded[..] {
            [] => {}
            [v] if self.norm_may_be_first && self.norms[v] == self.into[v] + 1 => starts.retain(|start| *start == v),
            _ => return Vec::new(),
        }
        // What cannot be reached from one of a circle's vertices cannot be from another.
        if starts.first().is_some_and(|start| self.reaches_all(*start)) { starts } else { Vec::new() }
    }

    /// Adds the orders that begin here, until there are `most`; false if not all were looked at.
    fn walk(&mut self, start: usize, most: usize, found: &mut Vec<Vec<usize>>) -> bool {
        let items = self.ends.len();
        let mut frames = vec![Frame { vertex: start, after: After::Start, at: items + start, is_taken: false }];
        while let Some(frame) = frames.last_mut() {
            if found.len() >= most || self.steps == 0 {
                return false;
            }
            if std::mem::take(&mut frame.is_taken) {
                self.undo(frame.at);
            }
            let Some(item) = self.candidate(frame) else {
                frames.pop();
                continue;
            };
            self.take(item);
            (frame.at, frame.is_taken) = (item, true);
            if self.left == 0 {
                found.push(frames.iter().map(|frame| frame.at).collect());
            } else {
                let after = if self.is_norm[item] { After::Norm } else { After::Dense };
                let vertex = self.ends[item][1];
                frames.push(Frame { vertex, after, at: items + vertex, is_taken: false });
            }
        }
        true
    }

    /// The next item that may stand here, after the one tried last.
    fn candidate(&mut self, frame: &Frame) -> Option<usize> {
        let head = self.ends.len() + frame.vertex;
        let mut item = self.next[frame.at];
        while item != head && self.steps > 0 {
            self.steps -= 1;
            let is_free = self.levels_of[item].iter().all(|(chain, level)| self.chains[*chain].lowest == *level);
            if is_free && self.fits(item, frame) {
                return Some(item);
            }
            item = self.next[item];
        }
        None
    }

    fn fits(&mut self, item: usize, frame: &Frame) -> bool {
        if self.is_norm[item] {
            return frame.after == After::Dense || (frame.after == After::Start && self.norm_may_be_first);
        }
        let [from, to] = self.ends[item];
        // The normalisations left here need as many dense layers that lead here again.
        if self.norms[from] > self.into[from] {
            return false;
        }
        if from == to || self.out[from] == 1 {
            return true;
        }
        self.lead(from, to, false);
        let is_whole = self.reaches_all(to);
        self.lead(from, to, true);
        is_whole
    }

    /// Whether all dense layers that are left can be reached from this vertex.
    fn reaches_all(&mut self, from: usize) -> bool {
        self.looks += 1;
        self.seen[from] = self.looks;
        let mut open = vec![from];
        let mut reached = 0;
        while let Some(vertex) = open.pop() {
            reached += self.out[vertex];
            self.steps = self.steps.saturating_sub(1 + self.leads[vertex].len());
            for &to in self.leads[vertex].keys() {
                if self.seen[to] != self.looks {
                    self.seen[to] = self.looks;
                    open.push(to);
                }
            }
        }
        reached == self.dense
    }

    fn take(&mut self, item: usize) {
        let [from, to] = self.ends[item];
        let (before, next) = (self.before[item], self.next[item]);
        (self.next[before], self.before[next]) = (next, before);
        if self.is_norm[item] {
            self.norms[from] -= 1
        } else {
            self.lead(from, to, false)
        }
        for &(chain, level) in &self.levels_of[item] {
            let levels = &mut self.chains[chain];
            levels.left[level] -= 1;
            while levels.left.get(levels.lowest) == Some(&0) {
                levels.lowest += 1;
            }
        }
        self.left -= 1;
    }

    /// Undoes the last [`take`](Search::take).
    fn undo(&mut self, item: usize) {
        let [from, to] = self.ends[item];
        self.link(item, self.before[item], self.next[item]);
        if self.is_norm[item] {
            self.norms[from] += 1
        } else {
            self.lead(from, to, true)
        }
        for &(chain, level) in &self.levels_of[item] {
            let levels = &mut self.chains[chain];
            levels.left[level] += 1;
            levels.lowest = levels.lowest.min(level);
        }
        self.left += 1;
    }

    fn link(&mut self, item: usize, before: usize, next: usize) {
        (self.before[item], self.next[item]) = (before, next);
        (self.next[before], self.before[next]) = (item, item);
    }

    /// Adds a dense layer between two vertices, or takes one away.
    fn lead(&mut self, from: usize, to: usize, is_more: bool) {
        let count = self.leads[from].entry(to).or_default();
        if is_more {
            *count += 1;
            self.out[from] += 1;
            self.into[to] += 1;
            self.dense += 1;
        } else {
            *count -= 1;
            if *count == 0 {
                self.leads[from].remove(&to);
            }
            self.out[from] -= 1;
            self.into[to] -= 1;
            self.dense -= 1;
        }
    }
}
