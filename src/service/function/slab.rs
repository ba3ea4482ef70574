//! A store that gives out small numbers and uses them again, so that it does not grow with the length of a run.

#[derive(Clone, Debug)]
pub(super) struct Slab<T> {
    items: Vec<T>,
    free: Vec<u32>,
}

impl<T> Slab<T> {
    pub(super) fn new() -> Self {
        Self { items: Vec::new(), free: Vec::new() }
    }

    pub(super) fn insert(&mut self, item: T) -> u32 {
        match self.free.pop() {
            Some(id) => {
                self.items[id as usize] = item;
                id
            }
            None => {
                self.items.push(item);
                self.items.len() as u32 - 1
            }
        }
    }

    /// Lets the number of an item be used again; the item itself stays until then.
    pub(super) fn release(&mut self, id: u32) {
        self.free.push(id);
    }

    /// Items that are in use.
    pub(super) fn len(&self) -> usize {
        self.items.len() - self.free.len()
    }

    pub(super) fn get(&self, id: u32) -> &T {
        &self.items[id as usize]
    }

    pub(super) fn get_mut(&mut self, id: u32) -> &mut T {
        &mut self.items[id as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_used_again() {
        let mut slab = Slab::new();
        let (a, b) = (slab.insert('a'), slab.insert('b'));
        slab.release(a);
        assert_eq!((slab.insert('c'), slab.len()), (a, 2));
        *slab.get_mut(b) = 'd';
        assert_eq!((*slab.get(a), *slab.get(b)), ('c', 'd'));
    }
}
