// SPDX-License-Identifier: Apache-2.0
package io.zkflink.path;

import java.util.stream.Stream;

/** What ZooKeeper takes as the name of a znode, which is one segment of its path. */
final class ZNodeName {

    private ZNodeName() {}

    /** Why ZooKeeper would refuse a name, or null. */
    static String problemWith(String name) {
        if (name.isEmpty()) {
            return "is empty";
        }
        if (name.equals(".") || name.equals("..")) {
            return "is a relative path";
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c == '/') {
                return "contains '/'";
            }
            boolean illegal = c <= '\u001f'
                    || (c >= '\u007f' && c <= '\u009f')
                    || (c >= '\ud800' && c <= '\uf8ff')
                    || c >= '\ufff0';
            if (illegal) {
                return String.format("contains the character U+%04X, which ZooKeeper does not allow", (int) c);
            }
        }
        return null;
    }

    /** Whether all segments of a path without a leading slash are names. */
    static boolean arePossible(String path) {
        return Stream.of(path.split("/", -1)).allMatch(name -> problemWith(name) == null);
    }
}
