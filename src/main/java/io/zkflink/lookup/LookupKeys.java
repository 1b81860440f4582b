// SPDX-License-Identifier: Apache-2.0
package io.zkflink.lookup;

import io.zkflink.path.PathTemplate;
import io.zkflink.row.Column;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.apache.flink.annotation.Internal;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.binary.BinaryStringData;
import org.apache.flink.table.types.logical.LogicalType;

/**
 * The columns that a lookup binds: those of them that say where to look, the leading columns of the template, and all
 * of them as what a row must equal.
 *
 * <p>Values are compared as SQL's {@code =} does: NULL and NaN equal nothing, the two zeros are equal. Immutable.
 */
@Internal
public final class LookupKeys implements Serializable {

    private static final long serialVersionUID = 1L;

    private final PathTemplate template;
    /** The key of each leading column of the template. */
    private final int[] leading;

    private final RowData.FieldGetter[] ofKey;
    private final RowData.FieldGetter[] ofRow;
    private final boolean[] compared;
    private final boolean filters;
    private final List<Integer> columns;

    /**
     * @param columns of the produced rows
     * @param types of the produced rows
     * @param keys for each key the position of its column in the produced rows
     */
    public LookupKeys(PathTemplate template, List<Column> columns, List<LogicalType> types, int[] keys) {
        this.template = template;
        this.columns = IntStream.of(keys).boxed().toList();
        this.ofKey = new RowData.FieldGetter[keys.length];
        this.ofRow = new RowData.FieldGetter[keys.length];
        Integer[] bound = new Integer[template.columns().size()];
        for (int key = 0; key < keys.length; key++) {
            LogicalType type = types.get(keys[key]).copy(true);
            ofKey[key] = RowData.createFieldGetter(type, key);
            ofRow[key] = RowData.createFieldGetter(type, keys[key]);
            if (columns.get(keys[key]) instanceof Column.FromPath path) {
                bound[path.variable()] = key;
            }
        }
        List<Integer> first = new ArrayList<>();
        while (first.size() < bound.length && bound[first.size()] != null) {
            first.add(bound[first.size()]);
        }
        this.leading = first.stream().mapToInt(Integer::intValue).toArray();
        this.compared = new boolean[keys.length];
        for (int key = 0; key < keys.length; key++) {
            compared[key] = !first.contains(key);
        }
        this.filters = keys.length > leading.length;
    }

    /** The positions of their columns in the produced rows. */
    List<Integer> columns() {
        return columns;
    }

    /** Whether no two znodes have the same values, because a znode's whole path is among them. */
    boolean areUnique(List<Column> produced) {
        return columns.stream()
                        .filter(column -> produced.get(column) instanceof Column.FromPath)
                        .count()
                == template.columns().size();
    }

    /** Whether they say where to look. */
    public boolean areLocatable() {
        return leading.length > 0 || template.columns().isEmpty();
    }

    /** How many columns of the template say where to look. */
    public int leadingColumns() {
        return leading.length;
    }

    /** The same, in every JVM, for keys that say the same about where to look; a NULL is a value like others here. */
    public int hashOfPlace(RowData key) {
        int hash = 1;
        for (int column : leading) {
            hash = 31 * hash + Objects.hashCode(ofKey[column].getFieldOrNull(key));
        }
        return hash;
    }

    /** Whether each value has at most one znode. */
    boolean arePoints() {
        return leading.length == template.columns().size();
    }

    /** The values of a key, or null if nothing can equal it. */
    Object[] values(RowData key) {
        return values(key, ofKey);
    }

    /** The values of a row, or null if no key can equal it. */
    Object[] valuesOf(RowData row) {
        return values(row, ofRow);
    }

    /** Whether a row has all these values. */
    boolean equal(Object[] values, RowData row) {
        for (int key = 0; key < values.length; key++) {
            if (!values[key].equals(comparable(ofRow[key].getFieldOrNull(row)))) {
                return false;
            }
        }
        return true;
    }

    /** All values of a key, to be looked up by in a map, or null if nothing can equal it. */
    Object all(RowData key) {
        return all(key, ofKey);
    }

    /** The same of a row, or null if no key can equal it. */
    Object allOf(RowData row) {
        return all(row, ofRow);
    }

    private static Object all(RowData row, RowData.FieldGetter[] getters) {
        if (getters.length == 1) {
            return comparable(getters[0].getFieldOrNull(row));
        }
        Object[] values = values(row, getters);
        return values == null ? null : new Composite(values);
    }

    private static Object[] values(RowData row, RowData.FieldGetter[] getters) {
        Object[] values = new Object[getters.length];
        for (int i = 0; i < values.length; i++) {
            Object value = comparable(getters[i].getFieldOrNull(row));
            if (value == null) {
                return null;
            }
            values[i] = value;
        }
        return values;
    }

    private static Object comparable(Object value) {
        if (value instanceof Double number) {
            return number.isNaN() ? null : (Object) (number + 0.0);
        }
        if (value instanceof Float number) {
            return number.isNaN() ? null : (Object) (number + 0.0f);
        }
        return value instanceof byte[] bytes ? ByteBuffer.wrap(bytes) : value;
    }

    /** Whether a row that was found where {@code values} say equals them in all other columns, too. */
    boolean accepts(Object[] values, RowData row) {
        for (int key = 0; key < values.length; key++) {
            if (compared[key] && !values[key].equals(comparable(ofRow[key].getFieldOrNull(row)))) {
                return false;
            }
        }
        return true;
    }

    /** Whether rows that are found may have to be left out. */
    boolean filters() {
        return filters;
    }

    /** Whether a row is where {@code values} say: not every value survives being part of a path. */
    boolean isThere(Object[] values, RowData row) {
        for (int key : leading) {
            if (!Objects.equals(values[key], ofRow[key].getFieldOrNull(row))) {
                return false;
            }
        }
        return true;
    }

    /** Where values say to look, as {@link PathTemplate} wants it. */
    Object[] located(Object[] values) {
        Object[] located = new Object[leading.length];
        for (int i = 0; i < located.length; i++) {
            Object value = values[leading[i]];
            located[i] = value instanceof StringData text ? text.toString() : value;
        }
        return located;
    }

    /** Where values say to look, to be looked up by in a map; keeps no more memory alive than it needs. */
    Object place(Object[] values) {
        Object[] place = new Object[leading.length];
        for (int i = 0; i < place.length; i++) {
            place[i] = values[leading[i]];
        }
        return composite(place);
    }

    /** The place of a row, by the values of the template's columns. */
    Object placeOf(Object[] matched) {
        Object[] place = new Object[leading.length];
        for (int i = 0; i < place.length; i++) {
            place[i] = matched[i] instanceof String text ? StringData.fromString(text) : matched[i];
        }
        return composite(place);
    }

    /** Values as one that can be looked up by in a map. */
    private static Object composite(Object[] values) {
        return values.length == 1 ? values[0] : new Composite(values);
    }

    /** The same value on memory of its own: a key's text is part of the row it came with. */
    static Object compact(Object composite) {
        if (composite instanceof Composite several) {
            Object[] values = new Object[several.values.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = compact(several.values[i]);
            }
            return new Composite(values);
        }
        return composite instanceof BinaryStringData text ? text.copy() : composite;
    }

    /** Several values that are equal if all of them are. */
    private static final class Composite {
        private final Object[] values;
        private final int hash;

        Composite(Object[] values) {
            this.values = values;
            int all = 1;
            for (Object value : values) {
                all = 31 * all + value.hashCode();
            }
            this.hash = all;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Composite that && hash == that.hash && Arrays.equals(values, that.values);
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }
}
