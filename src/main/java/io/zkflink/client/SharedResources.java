// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.flink.annotation.Internal;

/**
 * Values that the users of a class loader share, made for the first who asks and ended when the last has given it back.
 * Meant for static fields, because the tasks that share something know nothing of each other; Flink loads a job's
 * classes once per job and process, or once per process for jars in {@code lib/}. Thread-safe.
 */
@Internal
public final class SharedResources<K, V> {

    private final Map<K, Entry> entries = new HashMap<>();
    private final Predicate<V> usable;
    private final Consumer<V> end;

    /**
     * @param usable whether one who asks next may have it; else there will be another
     * @param end called once for each value, by whoever gave it back last
     */
    public SharedResources(Predicate<V> usable, Consumer<V> end) {
        this.usable = usable;
        this.end = end;
    }

    /** A share of a value, to be given back. */
    public final class Lease implements AutoCloseable {
        private final Entry entry;
        private boolean closed;

        private Lease(Entry entry) {
            this.entry = entry;
        }

        public V value() {
            return entry.value;
        }

        @Override
        public void close() {
            synchronized (entries) {
                if (closed) {
                    return;
                }
                closed = true;
                if (--entry.users > 0) {
                    return;
                }
                entries.remove(entry.key, entry);
            }
            end.accept(entry.value);
        }
    }

    public Lease lease(K key, Supplier<V> make) {
        synchronized (entries) {
            Entry entry = entries.get(key);
            if (entry == null || !usable.test(entry.value)) {
                entry = new Entry(key, make.get());
                entries.put(key, entry);
            }
            entry.users++;
            return new Lease(entry);
        }
    }

    /** How many values are in use. */
    public int size() {
        synchronized (entries) {
            return entries.size();
        }
    }

    private final class Entry {
        private final K key;
        private final V value;
        private int users;

        Entry(K key, V value) {
            this.key = key;
            this.value = value;
        }
    }
}
