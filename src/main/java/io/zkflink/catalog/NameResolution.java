// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog;

/**
 * Tells whether the planner is trying out what the parts of a name could mean. It asks the current catalog first, for
 * names of other catalogs, too, so that a catalog which cannot be read has to answer "nothing of mine", or no statement
 * at all could be planned. If nobody knows the name, the planner lists the tables to look for one that is spelled
 * alike, and so the user is told what is wrong.
 */
final class NameResolution {

    private static final String CALCITE = "org.apache.calcite.";

    private NameResolution() {}

    static boolean isUnderWay() {
        return StackWalker.getInstance()
                .walk(frames -> frames.anyMatch(frame -> frame.getClassName().startsWith(CALCITE)));
    }
}
