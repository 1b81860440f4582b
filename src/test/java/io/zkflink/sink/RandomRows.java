// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import io.zkflink.client.CreateMode;
import io.zkflink.row.RowWrite;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Rows of paths that lie above and below each other, all of them, none, or those from some row on; and the tree that
 * they make if they are applied one at a time.
 *
 * <p>Without {@code deleteChildren} a removal comes together with those of all that is below it, in any order.
 */
public final class RandomRows {

    private static final String[] NAMES = {"a", "b", "c"};

    private final Random random;
    private final boolean deleteChildren;
    /** How many rows come first whose paths are all of one depth. */
    private final int unrelated;

    private final int depthOfUnrelated;
    private final List<RowWrite> rows = new ArrayList<>();
    /** By row, which removals belong together. */
    private final List<Integer> bursts = new ArrayList<>();

    /** Data by path; "" for a parent that is no row. */
    private final TreeMap<String, String> model = new TreeMap<>();

    public RandomRows(Random random, boolean deleteChildren, int count) {
        this.random = random;
        this.deleteChildren = deleteChildren;
        this.unrelated = random.nextInt(4) == 0 ? count : random.nextInt(3) == 0 ? random.nextInt(count) : 0;
        this.depthOfUnrelated = 1 + random.nextInt(2);
        while (rows.size() < count) {
            if (random.nextInt(5) < 3) {
                put(path());
            } else if (deleteChildren) {
                String path = path();
                add(new RowWrite.Remove(path));
                below(path).clear();
            } else {
                removeSubtree(path());
            }
        }
    }

    public List<RowWrite> rows() {
        return rows;
    }

    /** Whether the row before this one is removed together with it. */
    public boolean isWithinBurst(int index) {
        return index > 0 && index < rows.size() && bursts.get(index).equals(bursts.get(index - 1));
    }

    /** The tree in the end, without parents that nobody needs any more. */
    public SortedMap<String, String> expected() {
        return pruned(model);
    }

    /** Without znodes that have neither data nor anything below: parents that were created for what is gone. */
    public static SortedMap<String, String> pruned(Map<String, String> tree) {
        TreeMap<String, String> left = new TreeMap<>(tree);
        for (String path : List.copyOf(left.descendingKeySet())) {
            if (left.get(path).isEmpty() && left.subMap(path + "/", path + "0").isEmpty()) {
                left.remove(path);
            }
        }
        return left;
    }

    private String path() {
        StringBuilder path = new StringBuilder("/t");
        for (int depth = isUnrelated() ? depthOfUnrelated : 1 + random.nextInt(3); depth > 0; depth--) {
            path.append('/').append(NAMES[random.nextInt(NAMES.length)]);
        }
        return path.toString();
    }

    private boolean isUnrelated() {
        return rows.size() < unrelated;
    }

    private void put(String path) {
        String data = String.valueOf(rows.size());
        add(new RowWrite.Put(path, data.getBytes(StandardCharsets.UTF_8), true, null, CreateMode.PERSISTENT, 0));
        for (int end = path.indexOf('/', 3); end > 0; end = path.indexOf('/', end + 1)) {
            model.putIfAbsent(path.substring(0, end), "");
        }
        model.put(path, data);
    }

    private void removeSubtree(String path) {
        List<String> gone = new ArrayList<>(below(path).keySet());
        if (gone.isEmpty()) {
            gone.add(path);
        }
        Collections.shuffle(gone, random);
        int burst = rows.size();
        for (String each : gone) {
            rows.add(new RowWrite.Remove(each));
            bursts.add(burst);
        }
        below(path).clear();
        if (random.nextInt(3) == 0 && path.length() < 8 && !isUnrelated()) {
            put(path + "/" + NAMES[random.nextInt(NAMES.length)]);
        }
    }

    private SortedMap<String, String> below(String path) {
        // '0' follows '/': names hold letters only.
        return model.subMap(path, path + "0");
    }

    private void add(RowWrite row) {
        bursts.add(rows.size());
        rows.add(row);
    }

    public boolean deletesChildren() {
        return deleteChildren;
    }
}
