//! Callees first: strongly connected components of a call graph, by Tarjan's algorithm without recursion.

/// The components of the graph whose node `n` has the successors `succ[n]`, each after all it can reach.
pub fn components(succ: &[Vec<usize>]) -> Vec<Vec<usize>> {
    const NEW: usize = usize::MAX;
    let n = succ.len();
    let (mut order, mut low, mut on_stack) = (vec![NEW; n], vec![0; n], vec![false; n]);
    let (mut stack, mut out, mut next) = (Vec::new(), Vec::new(), 0);
    for root in 0..n {
        if order[root] != NEW {
            continue;
        }
        // (node, number of successors looked at)
        let mut work = vec![(root, 0)];
        while let Some(top) = work.last_mut() {
            let (v, k) = *top;
            if k == 0 {
                order[v] = next;
                low[v] = next;
                next += 1;
                stack.push(v);
                on_stack[v] = true;
            }
            if let Some(&w) = succ[v].get(k) {
                top.1 += 1;
                if order[w] == NEW {
                    work.push((w, 0));
                } else if on_stack[w] {
                    low[v] = low[v].min(order[w]);
                }
                continue;
            }
            work.pop();
            if let Some(&(parent, _)) = work.last() {
                low[parent] = low[parent].min(low[v]);
            }
            if low[v] == order[v] {
                let mut component = Vec::new();
                while let Some(w) = stack.pop() {
                    on_stack[w] = false;
                    component.push(w);
                    if w == v {
                        break;
                    }
                }
                component.sort_unstable();
                out.push(component);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::components;

    #[test]
    fn callees_come_first_and_cycles_together() {
        // 0 → 1 ⇄ 2 → 3
        assert_eq!(components(&[vec![1], vec![2], vec![1, 3], vec![]]), vec![vec![3], vec![1, 2], vec![0]]);
    }

    #[test]
    fn a_node_without_successors_first_visited_once() {
        assert_eq!(components(&[vec![], vec![0], vec![0, 1]]), vec![vec![0], vec![1], vec![2]]);
    }
}
