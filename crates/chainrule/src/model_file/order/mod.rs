//! In which order the layers of a file stand. A state dict does not keep its order, so shapes and names have to tell.
//!
//! Numbers in otherwise equal names are an order, as `nn.Sequential` counts, and so are shapes where one order alone makes
//! a chain of them. What else names tell (`encoder`, `out`, `bn1` beside `fc1`) is a guess, which comes with a note.
//! Where several orders are left, none is taken.

mod names;
mod search;

use search::{Chain, Found, Item, Rules, orders};

use super::tensors::Stored;
use crate::{Error, Place, Result};

/// Orders in the message about several.
const SHOWN: usize = 4;

/// What tells the order of layers.
#[derive(Debug, PartialEq)]
enum Order {
    /// Numbers in the names, or the shapes: no other order fits.
    Certain(Vec<usize>),
    /// A guess, with what it goes by.
    Guessed(Vec<usize>, &'static str),
    /// Nothing: the first orders that fit, if they could be found, and whether there are others.
    Several(Vec<Vec<usize>>, bool),
    /// No order makes a chain.
    Misfit,
}

/// The layers in their order, or a reason why there is none yet.
#[derive(Debug)]
pub(super) struct Ordered {
    pub(super) layers: Vec<Stored>,
    /// What was guessed by names.
    pub(super) note: Option<String>,
    /// Set where several orders fit; `layers` then stand in the natural order of their names.
    pub(super) several: Option<Several>,
}

/// Orders that fit, each as a list of names, and whether there are others.
#[derive(Debug)]
pub(super) struct Several {
    pub(super) orders: Vec<String>,
    pub(super) has_more: bool,
}

/// Orders layers that stand in the natural order of their names. Those of a file with an architecture, which numbers them,
/// keep it.
///
/// # Errors
/// When no order makes a chain of them.
pub(super) fn ordered(origin: &str, layers: Vec<Stored>, has_architecture: bool) -> Result<Ordered> {
    let items: Vec<Item<'_>> = layers
        .iter()
        .map(|stored| {
            let (inputs, outputs) = stored.widths();
            Item { name: &stored.name, inputs, outputs, is_norm: stored.is_norm() }
        })
        .collect();
    let is_one_series = names::is_one_series(&items);
    if is_one_series && (has_architecture || is_chain(&items)) {
        check_chain(origin, &layers)?;
        return Ok(Ordered { layers, note: None, several: None });
    }
    match decide(&items) {
        Order::Certain(order) => Ok(Ordered { layers: arranged(layers, &order), note: None, several: None }),
        Order::Guessed(order, by) => {
            let note = format!("layers are taken in the order {}, {by}", list(&items, &order, 0));
            Ok(Ordered { layers: arranged(layers, &order), note: Some(note), several: None })
        }
        Order::Several(orders, has_more) => {
            // Of long networks, what is shown begins where they begin to differ.
            let differs = (0..items.len()).find(|at| orders.iter().any(|order| order[*at] != orders[0][*at]));
            let from = if items.len() > LAYERS_SHOWN { differs.unwrap_or(0) } else { 0 };
            let orders = orders.iter().map(|order| list(&items, order, from)).collect();
            Ok(Ordered { layers, note: None, several: Some(Several { orders, has_more }) })
        }
        Order::Misfit => {
            if is_one_series {
                check_chain(origin, &layers)?;
            }
            let found = format!("layers {} in no order that fits", sizes(&items));
            Err(Error::format(
                origin,
                Place::Header,
                found,
                "each with as many inputs as the one before it has outputs",
            ))
        }
    }
}

/// The layers in an order of their indices, each of which it names once.
pub(super) fn arranged(layers: Vec<Stored>, order: &[usize]) -> Vec<Stored> {
    let mut layers: Vec<Option<Stored>> = layers.into_iter().map(Some).collect();
    order.iter().filter_map(|index| layers[*index].take()).collect()
}

/// # Errors
/// When a layer has other inputs than the one before it has outputs.
pub(super) fn check_chain(origin: &str, layers: &[Stored]) -> Result<()> {
    for pair in layers.windows(2) {
        let (outputs, inputs) = (pair[0].widths().1, pair[1].widths().0);
        if outputs != inputs {
            let found = format!("layer `{}` with {inputs} inputs", pair[1].name);
            let expected = format!("{outputs}, the outputs of layer `{}` before it", pair[0].name);
            return Err(Error::format(origin, Place::Header, found, expected));
        }
    }
    Ok(())
}

/// Layers of a list in a message, and characters of a name there.
const LAYERS_SHOWN: usize = 16;
const NAME_SHOWN: usize = 80;

/// A name in a message.
pub(super) fn shown(name: &str) -> String {
    let short: String = name.chars().take(NAME_SHOWN).collect();
    if short.len() < name.len() { short + "..." } else { short }
}

/// Names in this order, from one of them on, as many as a message holds.
fn list(items: &[Item<'_>], order: &[usize], from: usize) -> String {
    let names: Vec<String> =
        order.iter().skip(from).take(LAYERS_SHOWN).map(|index| shown(items[*index].name)).collect();
    let (before, rest) = (if from > 0 { "..., " } else { "" }, order.len() - from > LAYERS_SHOWN);
    format!("{before}{}{}", names.join(", "), if rest { ", ..." } else { "" })
}

/// Names with shapes, as many as a message holds.
fn sizes(items: &[Item<'_>]) -> String {
    let named = |item: &Item<'_>| format!("{} ({} -> {})", shown(item.name), item.inputs, item.outputs);
    let sizes: Vec<String> = items.iter().take(LAYERS_SHOWN).map(named).collect();
    format!("{}{}", sizes.join(", "), if items.len() > LAYERS_SHOWN { ", ..." } else { "" })
}

/// Whether the layers form a chain as they stand.
fn is_chain(items: &[Item<'_>]) -> bool {
    items.windows(2).all(|pair| pair[0].outputs == pair[1].inputs)
}

/// The order of layers that no single series of numbers tells.
fn decide(items: &[Item<'_>]) -> Order {
    let by =
        |norm_may_be_first: bool, chains: Vec<Chain>| orders(items, &Rules { norm_may_be_first, chains }, SHOWN + 1);
    let by_shape = by(true, Vec::new());
    let series = names::series(items);
    match only(&by_shape) {
        Some(order) if follows(order, &series) => return Order::Certain(order.clone()),
        Some(order) => return Order::Guessed(order.clone(), "by their shapes, against the numbers in their names"),
        None if by_shape.is_all && by_shape.orders.is_empty() => return Order::Misfit,
        None => {}
    }
    if names::is_one_series(items) {
        return Order::Misfit;
    }
    let by_series = by(true, series.clone());
    if let Some(order) = only(&by_series) {
        return Order::Certain(order.clone());
    }
    // Series that the shapes deny are none.
    let denied = by_series.is_all && by_series.orders.is_empty();
    let (series, left) = if denied { (Vec::new(), by_shape) } else { (series, by_series) };
    let (roles, numbers) = (names::roles(items), names::numbers(items));
    let hints = [roles.clone(), numbers.clone(), [roles, numbers].concat()];
    for hint in hints.into_iter().filter(|hint| !hint.is_empty()) {
        let chains = [&series[..], &hint].concat();
        if let Some(order) = only(&by(false, chains)) {
            return Order::Guessed(order.clone(), "by their names");
        }
    }
    let mut shown = left.orders;
    let has_more = !left.is_all || shown.len() > SHOWN;
    shown.truncate(SHOWN);
    Order::Several(shown, has_more)
}

/// The order, where there is no other.
fn only(found: &Found) -> Option<&Vec<usize>> {
    found.orders.first().filter(|_| found.is_all && found.orders.len() == 1)
}

/// Whether an order keeps those of the chains.
fn follows(order: &[usize], chains: &[Chain]) -> bool {
    let mut place = vec![0; order.len()];
    order.iter().enumerate().for_each(|(at, item)| place[*item] = at);
    chains.iter().all(|chain| chain.0.windows(2).all(|pair| place[pair[0].0] < place[pair[1].0]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chainrule_model::random::{Purpose, Stream};

    fn dense(name: &str, inputs: usize, outputs: usize) -> Item<'_> {
        Item { name, inputs, outputs, is_norm: false }
    }

    fn norm(name: &str, width: usize) -> Item<'_> {
        Item { name, inputs: width, outputs: width, is_norm: true }
    }

    /// The decision with names instead of indices.
    fn told(items: &[Item<'_>]) -> String {
        let names = |order: &[usize]| list(items, order, 0);
        match decide(items) {
            Order::Certain(order) => names(&order),
            Order::Guessed(order, by) => format!("{} {by}", names(&order)),
            Order::Several(orders, more) => {
                let orders: Vec<String> = orders.iter().map(|order| names(order)).collect();
                format!("{}{}", orders.join(" | "), if more { " | ..." } else { "" })
            }
            Order::Misfit => "none".to_owned(),
        }
    }

    #[test]
    fn shapes_that_allow_one_order_decide() {
        assert_eq!(
            told(&[dense("hidden", 5, 6), dense("input", 4, 5), dense("output", 6, 3)]),
            "input, hidden, output"
        );
        assert_eq!(told(&[norm("bn1", 8), dense("fc1", 4, 8), dense("fc2", 8, 3)]), "fc1, bn1, fc2");
        // Through the width 4 twice: the way round is before the way out.
        assert_eq!(
            told(&[dense("a", 4, 2), dense("b", 4, 7), dense("c", 7, 4), dense("d", 3, 4)]).matches(',').count(),
            3
        );
        assert_eq!(told(&[dense("a", 4, 2), dense("b", 4, 7), dense("c", 7, 4), dense("d", 3, 4)]), "d, b, c, a");
    }

    #[test]
    fn numbers_in_equal_names_decide_among_equal_shapes() {
        assert_eq!(told(&[dense("fc1", 4, 4), dense("fc2", 4, 4), dense("out", 4, 3)]), "fc1, fc2, out");
        let block = [norm("bn1", 8), norm("bn2", 8), dense("fc1", 4, 8), dense("fc2", 8, 8), dense("fc3", 8, 3)];
        assert_eq!(told(&block), "fc1, bn1, fc2, bn2, fc3");
    }

    #[test]
    fn words_decide_with_a_note_only_where_they_leave_one_order() {
        assert_eq!(told(&[dense("decoder", 4, 4), dense("encoder", 4, 4)]), "encoder, decoder by their names");
        assert_eq!(told(&[dense("decoder", 2, 4), dense("encoder", 4, 2)]), "encoder, decoder by their names");
        let both =
            [dense("decoder.0", 4, 4), dense("decoder.2", 4, 4), dense("encoder.0", 4, 4), dense("encoder.2", 4, 4)];
        assert_eq!(told(&both), "encoder.0, encoder.2, decoder.0, decoder.2 by their names");
        assert_eq!(told(&[norm("bn1", 4), dense("fc1", 4, 4), dense("fc2", 4, 4)]), "fc1, bn1, fc2 by their names");
        let two = [dense("alpha", 4, 4), dense("beta", 4, 4), dense("out", 4, 3)];
        assert_eq!(told(&two), "alpha, beta, out | beta, alpha, out");
    }

    #[test]
    fn what_shapes_and_names_leave_open_is_not_decided() {
        assert_eq!(told(&[dense("back", 4, 4), dense("front", 4, 4)]), "back, front | front, back");
        assert_eq!(told(&[dense("fc", 4, 4), norm("norm", 4)]), "norm, fc | fc, norm");
        let many = ["a", "b", "c", "d", "e"].map(|name| dense(name, 4, 4));
        assert!(told(&many).ends_with(" | ..."), "{}", told(&many));
        // Roles that the shapes deny decide nothing.
        let denied = [dense("a", 4, 4), dense("b", 4, 4), dense("input", 4, 3)];
        assert_eq!(told(&denied), "a, b, input | b, a, input");
    }

    #[test]
    fn numbers_that_shapes_deny_give_way_with_a_note() {
        let denied = [dense("fc1", 8, 3), dense("fc2", 4, 8)];
        assert_eq!(told(&denied), "fc2, fc1 by their shapes, against the numbers in their names");
        assert_eq!(told(&[dense("fc1", 8, 3), dense("fc2", 5, 8), dense("fc3", 5, 8)]), "none");
        assert_eq!(told(&[dense("a", 4, 5), dense("b", 6, 3)]), "none");
        assert_eq!(told(&[dense("a", 4, 5), dense("b", 5, 3), norm("c", 7)]), "none");
    }

    /// All orders, by trying every permutation.
    fn every(items: &[Item<'_>], left: &mut Vec<usize>, order: &mut Vec<usize>, found: &mut Vec<Vec<usize>>) {
        if left.is_empty() {
            found.push(order.clone());
        }
        for at in 0..left.len() {
            let item = left[at];
            let fits = order.last().is_none_or(|last| {
                items[*last].outputs == items[item].inputs && !(items[*last].is_norm && items[item].is_norm)
            });
            if fits {
                left.remove(at);
                order.push(item);
                every(items, left, order, found);
                order.pop();
                left.insert(at, item);
            }
        }
    }

    #[test]
    fn the_search_finds_the_orders_that_trying_all_finds() {
        let mut several = 0;
        for case in 0..3000 {
            let mut stream = Stream::new(case, Purpose::Synthetic, 0);
            let mut width = || 1 + stream.below(3) as usize;
            let mut at = width();
            let items: Vec<Item<'_>> = (0..6)
                .map(|i| match width() {
                    1 if i > 0 => norm("norm", at),
                    _ => {
                        let from = at;
                        at = width();
                        dense("dense", if case % 5 == 0 { width() } else { from }, at)
                    }
                })
                .collect();
            let (mut want, n) = (Vec::new(), items.len());
            every(&items, &mut (0..n).collect(), &mut Vec::new(), &mut want);
            let rules = Rules { norm_may_be_first: true, chains: Vec::new() };
            let mut found = orders(&items, &rules, 1000);
            found.orders.sort();
            assert!(found.is_all, "case {case}");
            assert_eq!(found.orders, want, "case {case}: {items:?}");
            several += usize::from(want.len() > 1);

            // With a constraint: those of all that keep it.
            let chain = Chain((0..n).map(|i| (i, i % 2)).collect());
            let keeps = |order: &Vec<usize>| order.windows(2).all(|pair| pair[0] % 2 <= pair[1] % 2);
            want.retain(keeps);
            let rules = Rules { norm_may_be_first: true, chains: vec![chain] };
            let mut found = orders(&items, &rules, 1000);
            found.orders.sort();
            assert_eq!(found.orders, want, "case {case} with a constraint: {items:?}");
        }
        assert!(several > 100, "{several} cases with several orders");
    }

    #[test]
    fn thousands_of_layers_are_ordered_or_given_up_soon() {
        let started = std::time::Instant::now();
        let n = 20_000;
        let names: Vec<String> = (0..n).map(|i| format!("{i:016b}").replace('0', "a").replace('1', "b")).collect();
        let chain: Vec<Item<'_>> = names.iter().enumerate().map(|(i, name)| dense(name, i + 1, i)).collect();
        assert_eq!(decide(&chain), Order::Certain((0..n).rev().collect()));
        let equal: Vec<Item<'_>> = names.iter().map(|name| dense(name, 4, 4)).collect();
        assert!(matches!(decide(&equal), Order::Several(orders, true) if orders.len() == SHOWN));
        // At each width a way round, which is to be taken before the way on.
        let rounds = |count: usize| {
            let three = |i| [(3 * i, 3 * i + 3), (3 * i, 3 * i + 1), (3 * i + 1, 3 * i)];
            let items: Vec<Item<'_>> = (0..count).flat_map(three).map(|(from, to)| dense("", from, to)).collect();
            let found = orders(&items, &Rules { norm_may_be_first: true, chains: Vec::new() }, 2);
            (found.orders.len(), found.is_all)
        };
        assert_eq!(rounds(1000), (1, true));
        assert_eq!(rounds(10_000), (0, false));
        assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
    }
}
