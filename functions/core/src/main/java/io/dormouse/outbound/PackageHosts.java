package io.dormouse.outbound;

import java.util.Set;

/** The public registries that {@code allow_package_managers} opens, by the hosts that their own clients talk to. */
public final class PackageHosts {
    private static final Set<String> HOSTS = Set.of(
            // PyPI
            "pypi.org",
            "files.pythonhosted.org",
            // npm, and Yarn's name for it
            "registry.npmjs.org",
            "registry.yarnpkg.com",
            // crates.io
            "crates.io",
            "index.crates.io",
            "static.crates.io",
            // Go
            "proxy.golang.org",
            "sum.golang.org",
            // Maven Central
            "repo.maven.apache.org",
            "repo1.maven.org",
            // Debian and Ubuntu
            "deb.debian.org",
            "security.debian.org",
            "archive.ubuntu.com",
            "security.ubuntu.com",
            "ports.ubuntu.com",
            // RubyGems
            "rubygems.org",
            "index.rubygems.org");

    private PackageHosts() {}

    public static boolean holds(HttpUrl url) {
        return HOSTS.contains(url.host().text()) && (url.port() == 443 || url.port() == 80);
    }

    /** Whether all that a rule means is in there, as far as its host tells it. */
    public static boolean cover(HostRule rule) {
        return !rule.below() && HOSTS.contains(rule.name());
    }
}
