// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.flink.annotation.PublicEvolving;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;

/**
 * Who may do what with a znode that is created.
 *
 * @param entries at least one
 */
@PublicEvolving
public record Acl(List<Entry> entries) implements Serializable {

    private static final String PERMISSIONS = "rwcda";
    /** Schemes whose ids hold no commas, so that one always begins another entry. */
    private static final Set<String> WITHOUT_COMMAS = Set.of("world", "auth", "digest", "ip");

    private static final Pattern SCHEME = Pattern.compile("\\s*[A-Za-z][A-Za-z0-9_-]*:");

    /** Everybody may do everything. */
    public static final Acl OPEN = of("world", "anyone", ZooDefs.Perms.ALL);
    /** Whoever the session is authenticated as may do everything, nobody else anything. */
    public static final Acl CREATOR = of("auth", "", ZooDefs.Perms.ALL);
    /** Everybody may read, nobody may do anything else. */
    public static final Acl READ_ONLY = of("world", "anyone", ZooDefs.Perms.READ);

    /**
     * Some permissions of somebody.
     *
     * @param permissions ZooKeeper's bits, of {@code rwcda} from the lowest
     */
    public record Entry(String scheme, String id, int permissions) implements Serializable {}

    public Acl {
        entries = List.copyOf(entries);
    }

    private static Acl of(String scheme, String id, int permissions) {
        return new Acl(List.of(new Entry(scheme, id, permissions)));
    }

    /**
     * Parses {@code scheme:id:permissions[,...]} as ZooKeeper's own command line does: the permissions are some of the
     * letters {@code cdrwa}, and the id may hold colons. That of a certificate ({@code x509}), of a SASL user and of a
     * scheme that ZooKeeper does not bring along may hold commas, too: for those a comma begins another entry only if
     * what follows looks like one.
     *
     * @throws IllegalArgumentException if it cannot be parsed; the message says why
     */
    public static Acl parse(String text) {
        List<Entry> entries = new ArrayList<>();
        int start = 0;
        for (int comma = text.indexOf(','); comma >= 0; comma = text.indexOf(',', comma + 1)) {
            if (isComplete(text.substring(start, comma).trim(), text.substring(comma + 1))) {
                entries.add(entry(text.substring(start, comma).trim()));
                start = comma + 1;
            }
        }
        entries.add(entry(text.substring(start).trim()));
        return new Acl(entries);
    }

    private static boolean isComplete(String entry, String rest) {
        int first = entry.indexOf(':');
        return first < 0
                || WITHOUT_COMMAS.contains(entry.substring(0, first))
                || (entry.lastIndexOf(':') > first && SCHEME.matcher(rest).lookingAt());
    }

    private static Entry entry(String entry) {
        int first = entry.indexOf(':');
        int last = entry.lastIndexOf(':');
        if (first <= 0 || first == last || last == entry.length() - 1) {
            throw new IllegalArgumentException("'" + entry + "' is not of the form 'scheme:id:permissions'");
        }
        int permissions = 0;
        for (char letter : entry.substring(last + 1).toCharArray()) {
            int bit = PERMISSIONS.indexOf(letter);
            if (bit < 0) {
                throw new IllegalArgumentException("'" + letter + "' in '" + entry
                        + "' is no permission; those are c(reate), d(elete), r(ead), w(rite), a(dmin)");
            }
            permissions |= 1 << bit;
        }
        return new Entry(entry.substring(0, first), entry.substring(first + 1, last), permissions);
    }

    /**
     * For a znode that has to be worked with: this one if it grants somebody all of these permissions, else all
     * permissions for those whom it names. With {@link #READ_ONLY}, for example, no row could be created below a
     * parent.
     *
     * @param permissions some of the letters {@code cdrwa}
     */
    public Acl granting(String permissions) {
        int needed = 0;
        for (int i = 0; i < permissions.length(); i++) {
            needed |= 1 << PERMISSIONS.indexOf(permissions.charAt(i));
        }
        for (Entry entry : entries) {
            if ((entry.permissions & needed) == needed) {
                return this;
            }
        }
        return new Acl(entries.stream()
                .map(entry -> new Entry(entry.scheme, entry.id, ZooDefs.Perms.ALL))
                .toList());
    }

    /** Whether whoever can connect may read what has this ACL. */
    public boolean isReadableByEverybody() {
        return entries.stream()
                .anyMatch(entry -> entry.scheme().equals("world") && (entry.permissions() & ZooDefs.Perms.READ) != 0);
    }

    /** A list that ZooKeeper may ask whether it contains null, which {@code List.of} does not answer. */
    public List<ACL> zooKeepers() {
        List<ACL> list = new ArrayList<>();
        entries.forEach(entry -> list.add(new ACL(entry.permissions(), new Id(entry.scheme(), entry.id()))));
        return list;
    }

    /** What it adds to a request, in bytes, at most. */
    int bytes() {
        // Asked once per row: a stream would take longer than all else that a row needs.
        int bytes = 0;
        for (Entry entry : entries) {
            bytes += 12 + 3 * (entry.scheme().length() + entry.id().length());
        }
        return bytes;
    }
}
