// SPDX-License-Identifier: Apache-2.0
package io.zkflink.testkit;

import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ScalarFunction;

/** A function for SQL that says which subtask handles a row, whatever is in it. */
public final class Subtask extends ScalarFunction {

    private static final long serialVersionUID = 1L;
    private transient int index;

    @Override
    public void open(FunctionContext context) {
        index = context.getTaskInfo().getIndexOfThisSubtask();
    }

    public int eval(String anything) {
        return index;
    }

    /** So that no planner evaluates it beforehand. */
    @Override
    public boolean isDeterministic() {
        return false;
    }
}
