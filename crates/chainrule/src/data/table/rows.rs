//! Which rows of a table are meant, without a list where they are all.

/// Rows that are examples, in their order.
#[derive(Debug, Clone)]
pub(crate) enum Kept {
    /// As many as there are.
    All(usize),
    /// A table has fewer than 2^32.
    Some(Vec<u32>),
}

impl Kept {
    /// The rows, in their order.
    pub(crate) fn rows(&self) -> TableRows<'_> {
        match self {
            Kept::All(rows) => TableRows::All(*rows),
            Kept::Some(rows) => TableRows::Kept(rows),
        }
    }

    /// Those of these numbers, counted among those that are kept.
    pub(crate) fn chosen<'a>(&'a self, chosen: &'a [usize]) -> TableRows<'a> {
        match self {
            Kept::All(_) => TableRows::Chosen(chosen),
            Kept::Some(rows) => TableRows::ChosenOfKept(chosen, rows),
        }
    }

    /// Leaves out the rows that this is not true of.
    pub(crate) fn retain(&mut self, mut is_kept: impl FnMut(usize) -> bool) {
        match self {
            Kept::All(rows) => {
                let rows = *rows;
                let Some(first) = (0..rows).find(|&row| !is_kept(row)) else { return };
                let rest = (first + 1..rows).filter(|&row| is_kept(row));
                *self = Kept::Some((0..first).chain(rest).map(|row| row as u32).collect());
            }
            Kept::Some(rows) => rows.retain(|&row| is_kept(row as usize)),
        }
    }
}

/// Rows of a table.
#[derive(Debug, Clone, Copy)]
pub(crate) enum TableRows<'a> {
    All(usize),
    Kept(&'a [u32]),
    Chosen(&'a [usize]),
    ChosenOfKept(&'a [usize], &'a [u32]),
}

impl<'a> TableRows<'a> {
    pub(crate) fn len(self) -> usize {
        match self {
            TableRows::All(rows) => rows,
            TableRows::Kept(rows) => rows.len(),
            TableRows::Chosen(rows) | TableRows::ChosenOfKept(rows, _) => rows.len(),
        }
    }

    /// The row of the table that has this place among them.
    #[inline]
    pub(crate) fn at(self, place: usize) -> usize {
        match self {
            TableRows::All(_) => place,
            TableRows::Kept(rows) => rows[place] as usize,
            TableRows::Chosen(rows) => rows[place],
            TableRows::ChosenOfKept(rows, kept) => kept[rows[place]] as usize,
        }
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = usize> + Clone + use<'a> {
        (0..self.len()).map(move |place| self.at(place))
    }
}
