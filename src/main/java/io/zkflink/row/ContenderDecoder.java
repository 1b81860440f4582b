// SPDX-License-Identifier: Apache-2.0
package io.zkflink.row;

import io.zkflink.client.ZNode;
import io.zkflink.path.PathTemplate;
import java.io.Serializable;
import java.util.List;
import org.apache.flink.annotation.Internal;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;

/** Makes rows of contenders: columns of the resource's path, the owner, what the recipe says of them, and the Stat. */
@Internal
public final class ContenderDecoder implements Serializable {

    private static final long serialVersionUID = 1L;

    private final PathTemplate template;
    private final List<Column> columns;

    /**
     * @param template of the contenders' znodes
     * @param columns of the produced row, in order
     */
    public ContenderDecoder(PathTemplate template, List<Column> columns) {
        this.template = template;
        this.columns = List.copyOf(columns);
    }

    /** Whether a column gives the place in the queue. */
    public boolean readsPosition() {
        return columns.contains(new Column.FromRecipe(RecipeMetadata.POSITION));
    }

    /** What a path must match for its znode to be a contender's. */
    public PathTemplate template() {
        return template;
    }

    /**
     * What a row says of its contender beyond its znode.
     *
     * @param state as the recipe words it
     */
    public record Facts(String owner, String state, int position) {}

    public GenericRowData row(ZNode znode, Facts facts) {
        return row(znode, facts, true);
    }

    /** The row that says that a contender is gone: its key, path and name, and {@code mtime}; all else is NULL. */
    public GenericRowData gone(ZNode znode, Facts facts) {
        return row(znode, facts, false);
    }

    private GenericRowData row(ZNode znode, Facts facts, boolean isThere) {
        Object[] key = template.match(znode.path());
        GenericRowData row = new GenericRowData(columns.size());
        for (int i = 0; i < columns.size(); i++) {
            row.setField(i, value(columns.get(i), key, znode, facts, isThere));
        }
        return row;
    }

    private static Object value(Column column, Object[] key, ZNode znode, Facts facts, boolean isThere) {
        if (column instanceof Column.FromPath path) {
            return ZNodeDecoder.internal(key[path.variable()]);
        }
        if (column instanceof Column.FromData) {
            return StringData.fromString(facts.owner());
        }
        if (column instanceof Column.FromMetadata stat) {
            return isThere || stat.metadata().survivesDeletion()
                    ? stat.metadata().of(znode, EventType.CHANGED)
                    : null;
        }
        if (!isThere) {
            return null;
        }
        return switch (((Column.FromRecipe) column).metadata()) {
            case STATE -> StringData.fromString(facts.state());
            case FENCING_TOKEN -> znode.stat().czxid();
            case POSITION -> facts.position();
        };
    }
}
