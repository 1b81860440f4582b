// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.schema;

import io.zkflink.path.PathTemplate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.flink.annotation.Internal;
import org.apache.flink.table.expressions.CallExpression;
import org.apache.flink.table.expressions.FieldReferenceExpression;
import org.apache.flink.table.expressions.ResolvedExpression;
import org.apache.flink.table.expressions.ValueLiteralExpression;
import org.apache.flink.table.functions.BuiltInFunctionDefinitions;
import org.apache.flink.table.functions.FunctionDefinition;
import org.apache.flink.table.types.logical.LogicalTypeRoot;

/** Finds among a query's filters those that narrow a template: columns that equal one of some constants. */
@Internal
public final class PushedFilters {

    private final PathTemplate template;
    private final List<ResolvedExpression> accepted = new ArrayList<>();
    private final Map<String, Set<Object>> values = new LinkedHashMap<>();

    public PushedFilters(PathTemplate template, List<ResolvedExpression> filters) {
        this.template = template;
        for (ResolvedExpression filter : filters) {
            equality(filter).ifPresent(found -> {
                accepted.add(filter);
                values.computeIfAbsent(found.column(), column -> new LinkedHashSet<>(found.values()))
                        .retainAll(found.values());
            });
        }
    }

    /** The filters that narrow the template; they hold for all that it matches, but other columns may still differ. */
    public List<ResolvedExpression> accepted() {
        return accepted;
    }

    public PathTemplate narrowed() {
        return template.restrict(values);
    }

    private record Equality(String column, Set<Object> values) {}

    private Optional<Equality> equality(ResolvedExpression filter) {
        if (!(filter instanceof CallExpression call)) {
            return Optional.empty();
        }
        FunctionDefinition function = call.getFunctionDefinition();
        List<ResolvedExpression> arguments = call.getResolvedChildren();
        if (function == BuiltInFunctionDefinitions.OR) {
            return union(arguments);
        }
        if (function == BuiltInFunctionDefinitions.IN) {
            return equality(arguments.get(0), arguments.subList(1, arguments.size()));
        }
        if (function == BuiltInFunctionDefinitions.EQUALS) {
            Optional<Equality> found = equality(arguments.get(0), arguments.subList(1, 2));
            return found.isPresent() ? found : equality(arguments.get(1), arguments.subList(0, 1));
        }
        return Optional.empty();
    }

    private Optional<Equality> union(List<ResolvedExpression> alternatives) {
        String column = null;
        Set<Object> all = new LinkedHashSet<>();
        for (ResolvedExpression alternative : alternatives) {
            Optional<Equality> found = equality(alternative);
            if (found.isEmpty() || (column != null && !column.equals(found.get().column()))) {
                return Optional.empty();
            }
            column = found.get().column();
            all.addAll(found.get().values());
        }
        return Optional.of(new Equality(column, all));
    }

    private Optional<Equality> equality(ResolvedExpression left, List<ResolvedExpression> right) {
        if (!(left instanceof FieldReferenceExpression field)
                || !template.columns().contains(field.getName())
                // A CHAR constant and a CHAR column are equal in more ways than one.
                || field.getOutputDataType().getLogicalType().is(LogicalTypeRoot.CHAR)) {
            return Optional.empty();
        }
        boolean isText = field.getOutputDataType().getLogicalType().is(LogicalTypeRoot.VARCHAR);
        Set<Object> constants = new LinkedHashSet<>();
        for (ResolvedExpression each : right) {
            Optional<Object> constant = each instanceof ValueLiteralExpression literal && !literal.isNull()
                    ? literal.getValueAs(Object.class).filter(value -> isKind(value, isText))
                    : Optional.empty();
            if (constant.isEmpty()) {
                return Optional.empty();
            }
            constants.add(constant.get());
        }
        return Optional.of(new Equality(field.getName(), constants));
    }

    /** Whether a constant, written as text, is the canonical text of an equal value of the column. */
    private static boolean isKind(Object constant, boolean isText) {
        return isText
                ? constant instanceof String
                : constant instanceof Boolean
                        || constant instanceof Byte
                        || constant instanceof Short
                        || constant instanceof Integer
                        || constant instanceof Long;
    }
}
