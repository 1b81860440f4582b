// SPDX-License-Identifier: Apache-2.0
package io.zkflink.row.payload;

import java.io.Serializable;
import java.util.List;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;

/**
 * Finds NULLs inside of columns at places that are declared NOT NULL. Formats such as {@code json} leave such a NULL
 * where data lacks a field, and Flink then reads an invented value there.
 */
sealed interface NestedNulls extends Serializable {

    /**
     * Where the first one is, as a way of reading would name it, behind a dot or in brackets; null if there is none.
     */
    String find(Object value);

    /** What finds them in values of a type; null if it can have none. */
    static NestedNulls in(LogicalType type) {
        if (type instanceof RowType row) {
            List<Field> fields = row.getFields().stream()
                    .map(field ->
                            new Field(field.getName(), Place.of(field.getType()), row.getFieldIndex(field.getName())))
                    .filter(field -> field.place() != null)
                    .toList();
            return fields.isEmpty() ? null : new Fields(fields);
        }
        if (type instanceof ArrayType array) {
            Place place = Place.of(array.getElementType());
            return place == null ? null : new Elements(place);
        }
        if (type instanceof MapType map) {
            Place key = Place.of(map.getKeyType());
            Place value = Place.of(map.getValueType());
            return key == null && value == null ? null : new Entries(key, value);
        }
        return null;
    }

    /**
     * A field, an element, a key or a value.
     *
     * @param type with which it is read, so that a NULL is found to be one
     * @param inside finds NULLs inside of it; null if there can be none
     */
    record Place(LogicalType type, boolean isRequired, NestedNulls inside) implements Serializable {

        /** Null if there is nothing to look for. */
        static Place of(LogicalType type) {
            NestedNulls inside = in(type);
            return type.isNullable() && inside == null ? null : new Place(type.copy(true), !type.isNullable(), inside);
        }

        String find(String name, Object value) {
            if (value == null) {
                return isRequired ? name : null;
            }
            String found = inside == null ? null : inside.find(value);
            return found == null ? null : name + found;
        }
    }

    /** A field of a row, with its position. */
    record Field(String name, Place place, int index) implements Serializable {}

    /** Those of a row. */
    record Fields(List<Field> fields) implements NestedNulls {
        @Override
        public String find(Object value) {
            RowData row = (RowData) value;
            for (Field field : fields) {
                Object found = RowData.createFieldGetter(field.place().type(), field.index())
                        .getFieldOrNull(row);
                String missing = field.place().find("." + field.name(), found);
                if (missing != null) {
                    return missing;
                }
            }
            return null;
        }
    }

    /** Those of an array. */
    record Elements(Place place) implements NestedNulls {
        @Override
        public String find(Object value) {
            ArrayData array = (ArrayData) value;
            ArrayData.ElementGetter getter = ArrayData.createElementGetter(place.type());
            for (int i = 0; i < array.size(); i++) {
                String missing = place.find("[" + (i + 1) + "]", getter.getElementOrNull(array, i));
                if (missing != null) {
                    return missing;
                }
            }
            return null;
        }
    }

    /** Those of a map's keys and values, either of which may be null. */
    record Entries(Place key, Place value) implements NestedNulls {
        @Override
        public String find(Object found) {
            MapData map = (MapData) found;
            String missing = key == null ? null : new Elements(key).find(map.keyArray());
            return missing != null || value == null ? missing : new Elements(value).find(map.valueArray());
        }
    }
}
