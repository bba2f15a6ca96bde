#!/usr/bin/env bash
# The only script needed: sets up what is missing, then builds, serves, tests or packs Inkbeat.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
  cat <<'USAGE'
./build.sh                     build the page (release) and serve it on http://localhost:8080
PORT=9000 ./build.sh           the same on another port
./build.sh build [cpu|webgpu]  build only (both WebAssembly modules, or one)
./build.sh serve               serve what is built
./build.sh test                every check that CI runs
./build.sh dist                dist/: a folder that any static host can serve; dist-npm/: the same reader as an npm package
USAGE
}

# ---------------------------------------------------------------- talking

say() { printf '%s\n' "$*"; }

fail() {
  printf 'build.sh: %s\n' "$*" >&2
  exit 1
}

current_step=''

# step TITLE COMMAND...: announces the command, runs it, and says how long it took.
step() {
  current_step=$1
  shift
  local started=$SECONDS
  say "==> $current_step"
  "$@"
  say "    done: $current_step ($((SECONDS - started)) s)"
  current_step=''
}

report_failed_step() {
  local status=$?
  if [[ $status -ne 0 && -n $current_step ]]; then
    printf 'build.sh: failed in step "%s" (exit %s)\n' "$current_step" "$status" >&2
  fi
}
trap report_failed_step EXIT

# ---------------------------------------------------------------- set-up

has() { command -v "$1" >/dev/null 2>&1; }

require_rust() {
  has cargo || fail "Rust is missing. Install it (1.95 or newer) as https://rustup.rs says, open a new terminal and try again."
}

require_node() {
  if ! has node || ! has npm; then
    fail "Node.js is missing. Install version 20.15 or newer with npm (https://nodejs.org) and try again."
  fi
  node -e 'const [major, minor] = process.versions.node.split(".").map(Number);
           process.exit(major > 20 || (major === 20 && minor >= 15) ? 0 : 1)' ||
    fail "Node.js $(node --version) is too old. Install version 20.15 or newer (https://nodejs.org) and try again."
}

# install_debian WHY PACKAGE...: installs Debian packages, as root or through sudo.
install_debian() {
  local why=$1
  shift
  has apt-get || fail "please install $* ($why): this machine has no apt-get, so build.sh can't."
  local as_root=(env)
  if [[ $EUID -ne 0 ]]; then
    has sudo || fail "please install $* ($why): that needs root, and there is no sudo."
    as_root=(sudo env)
  fi
  say "    installing $*: $why"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# How cargo is called for WebAssembly; set_up_wasm_target may replace it by Debian's compiler.
wasm_cargo=(cargo)
wasm_cargo_options=()

has_debian_wasm_rust() {
  [[ -x /usr/bin/cargo && -x /usr/bin/rustc ]] && has wasm-ld-22 &&
    dpkg-query -W -f='${Status}\n' rust-web-src 2>/dev/null | grep -q 'install ok installed'
}

set_up_wasm_target() {
  [[ -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown/lib" ]] && return
  if ! has_debian_wasm_rust; then
    if has rustup; then
      say "    installing the Rust target wasm32-unknown-unknown: the page runs WebAssembly"
      rustup target add wasm32-unknown-unknown && return
    fi
    install_debian "rustup could not add the WebAssembly target; Debian's compiler builds it from source" \
      rustc-web cargo-web rust-web-src lld-22
  fi
  # Debian ships the standard library as source, and building it needs an unstable flag.
  wasm_cargo=(env PATH="/usr/bin:$PATH" RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-22 /usr/bin/cargo)
  wasm_cargo_options=('-Zbuild-std=std,panic_abort')
}

wasm_bindgen=.tools/bin/wasm-bindgen
wasm_bindgen_version=''

set_up_wasm_bindgen() {
  # The tool refuses modules made with another version of the library than its own.
  wasm_bindgen_version=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/"/, "", $3); print $3 }' Cargo.lock)
  [[ -n $wasm_bindgen_version ]] || fail "Cargo.lock names no wasm-bindgen."
  [[ "$($wasm_bindgen --version 2>/dev/null)" == "wasm-bindgen $wasm_bindgen_version" ]] && return
  say "    installing wasm-bindgen $wasm_bindgen_version into .tools/: it makes the JavaScript side of the module (2 minutes, once)"
  local install=(cargo install wasm-bindgen-cli --version "$wasm_bindgen_version" --root .tools --force --quiet)
  "${install[@]}" --locked && return
  # A registry mirror may lack an exact version that the tool's own lock file names.
  say "    trying again with the newest dependencies that the registry offers"
  "${install[@]}"
}

sha256_of() {
  node -e '
    const hash = require("node:crypto").createHash("sha256");
    for (const file of process.argv.slice(1)) hash.update(require("node:fs").readFileSync(file));
    console.log(hash.digest("hex"))' "$@"
}

set_up_node_modules() {
  local wanted stamp=node_modules/.inkbeat-lock-sha256
  wanted=$(sha256_of package-lock.json)
  [[ -f $stamp && "$(<"$stamp")" == "$wanted" ]] && return
  say "    installing binaryen, pdfjs-dist, libheif-js, playwright-core, axe-core and typescript into node_modules/: they shrink the modules, read PDFs and HEIC and run the checks"
  npm ci --loglevel=error
  printf '%s\n' "$wanted" >"$stamp"
}

find_chromium() {
  local name
  for name in "${INKBEAT_CHROMIUM:-}" chromium chromium-browser google-chrome-stable google-chrome; do
    if [[ -n $name ]] && has "$name"; then
      command -v "$name"
      return
    fi
  done
  return 1
}

set_up_chromium() {
  if ! find_chromium >/dev/null; then
    install_debian "the browser checks run in it" chromium
  fi
  # The browser checks start this one.
  INKBEAT_CHROMIUM=$(find_chromium) || fail "Chromium is missing: install it, or set INKBEAT_CHROMIUM to its path."
  export INKBEAT_CHROMIUM
}

set_up_rust_checks() {
  local tool missing=()
  for tool in rustfmt clippy; do
    cargo "${tool/rustfmt/fmt}" --version >/dev/null 2>&1 || missing+=("$tool")
  done
  [[ ${#missing[@]} -eq 0 ]] && return
  has rustup || fail "please install ${missing[*]}: ./build.sh test needs them, and there is no rustup to do it."
  say "    installing ${missing[*]}: the checks of style and of common mistakes"
  rustup component add "${missing[@]}"
}

set_up_build() {
  require_rust
  require_node
  set_up_wasm_target
  set_up_wasm_bindgen
  set_up_node_modules
}

set_up_tests() {
  set_up_rust_checks
  set_up_chromium
}

# ---------------------------------------------------------------- building

# Named one by one: wasm-opt's --all-features writes imports that browsers can't read yet.
wasm_features=(--enable-simd --enable-bulk-memory --enable-bulk-memory-opt --enable-nontrapping-float-to-int
  --enable-sign-ext --enable-mutable-globals --enable-reference-types --enable-multivalue --enable-extended-const)

target_directory() {
  cargo metadata --locked --no-deps --format-version 1 |
    node -p 'JSON.parse(require("node:fs").readFileSync(0, "utf8")).target_directory'
}

# build_module NAME LEVEL: compiles the library with feature NAME (cpu or webgpu) into www/pkg/NAME.
build_module() {
  local name=$1 level=$2 module stamp staging=www/pkg/.staging-$1 finished=www/pkg/$1
  RUSTFLAGS='-C target-feature=+simd128' "${wasm_cargo[@]}" build --locked --lib -p inkbeat \
    --target wasm32-unknown-unknown --profile "wasm-$name" --no-default-features --features "$name" \
    ${wasm_cargo_options[@]+"${wasm_cargo_options[@]}"}
  module=$(target_directory)/wasm32-unknown-unknown/wasm-$name/inkbeat.wasm

  # wasm-opt takes minutes: it runs again only if the module, a tool or an option changed.
  stamp="$(sha256_of "$module" package-lock.json) $wasm_bindgen_version $level ${wasm_features[*]}"
  if [[ -f $finished/.stamp && "$(<"$finished/.stamp")" == "$stamp" ]]; then
    say "    $finished is up to date"
    return
  fi
  rm -rf "$staging"
  mkdir -p "$staging"
  "$wasm_bindgen" --target web --no-typescript --out-name inkbeat --out-dir "$staging" "$module"
  node_modules/.bin/wasm-opt "$level" "${wasm_features[@]}" "$staging/inkbeat_bg.wasm" -o "$staging/optimised.wasm"
  mv "$staging/optimised.wasm" "$staging/inkbeat_bg.wasm"
  printf '%s\n' "$stamp" >"$staging/.stamp"
  # An interrupted build never leaves half a module where the page looks for it.
  rm -rf "$finished"
  mv "$staging" "$finished"
}

# What the page needs of pdf.js, fetched by it when a PDF comes. Named .js, because some hosts don't serve .mjs as a script.
copy_pdf_library() {
  local from=node_modules/pdfjs-dist to=www/pkg/pdf
  rm -rf "$to"
  mkdir -p "$to"
  cp "$from/legacy/build/pdf.min.mjs" "$to/pdf.js"
  cp "$from/legacy/build/pdf.worker.min.mjs" "$to/worker.js"
  # Decoders of what scanners write: JPEG 2000, and JBIG2 and fax.
  cp "$from/wasm/openjpeg.wasm" "$from/wasm/jbig2.wasm" "$to/"
  # One file with a usual ending: the service worker keeps all files or none, and hosts refuse unusual ones.
  cat "$from/LICENSE" "$from"/wasm/LICENSE_{PDFJS_OPENJPEG,OPENJPEG,PDFJS_JBIG2,JBIG2} >"$to/licences.txt"
}

# What opens HEIC where the browser can't, fetched by the page when such a picture comes. The files are those of libheif-js,
# unchanged and by themselves, as its licence asks: whoever wants another build of libheif puts it in their place.
copy_heic_library() {
  local from=node_modules/libheif-js/libheif-wasm to=www/pkg/heic
  rm -rf "$to"
  mkdir -p "$to"
  cp "$from/libheif.js" "$from/libheif.wasm" "$to/"
  {
    say "libheif.js and libheif.wasm are the library libheif with libde265, both under the GNU Lesser General Public License"
    say "below, as built and published in the npm package libheif-js $(node -p "require('./node_modules/libheif-js/package.json').version")."
    say "Sources: https://github.com/catdad-experiments/libheif-js, https://github.com/strukturag/libheif and"
    say "https://github.com/strukturag/libde265. Inkbeat uses them as they are; you may replace both by your own build."
    say ""
    cat "$from/LICENSE"
  } >"$to/licence.txt"
}

# build_page [cpu|webgpu]: one module, or both.
build_page() {
  local only=${1:-}
  case $only in
    '' | cpu | webgpu) ;;
    *) fail "there is no module \"$only\": name cpu or webgpu, or neither for both." ;;
  esac
  step "set up the build" set_up_build
  step "PDF library" copy_pdf_library
  step "HEIC library" copy_heic_library
  if [[ $only != webgpu ]]; then
    step "WebAssembly for the processor (cpu)" build_module cpu -O2
  fi
  if [[ $only != cpu ]]; then
    step "WebAssembly for graphics cards (webgpu; minutes the first time)" build_module webgpu -Os
  fi
}

serve_page() {
  require_node
  exec node tests/serve.mjs www "${PORT:-8080}"
}

pack_dist() {
  rm -rf dist
  cp -R www dist
  # What only developers read stays behind: hidden files (stamps), notes, type declarations, source maps.
  find dist -name '.?*' -prune -exec rm -rf {} +
  find dist -type f \( -name '*.md' -o -name '*.d.ts' -o -name '*.map' \) -exec rm -f {} +
  node tools/join-styles.mjs dist
  # The service worker keeps exactly these files, under a version that is their hash.
  node tools/seal.mjs dist
  say "    dist/ is ready: $(du -sh dist | cut -f1)"
}

pack_npm() {
  node tools/pack-npm.mjs dist-npm
  say "    dist-npm/ is ready: $(du -sh dist-npm | cut -f1) (npm install it, or serve it as it is)"
}

# ---------------------------------------------------------------- testing

# They include the library by its files, which `cargo check` of the workspace does not see. They are not linked here, so that
# the fuzzer itself, which needs a C++ compiler, need not be built: any path will do.
check_fuzz_targets() {
  CUSTOM_LIBFUZZER_PATH=./libfuzzer.a cargo check --locked --manifest-path fuzz/Cargo.toml --bins --examples
}

run_tests() {
  shopt -s nullglob
  local browser_tests=(tests/browser/*.test.mjs) node_tests=(tests/*.test.mjs)
  require_rust
  step "set up the checks" set_up_tests
  step "style (rustfmt)" cargo fmt --all --check
  step "common mistakes (clippy)" cargo clippy --locked --workspace --all-targets --release -- -D warnings
  step "fuzz targets" check_fuzz_targets
  step "Rust tests" cargo test --locked --workspace --release
  build_page
  if [[ ${#node_tests[@]} -gt 0 ]]; then
    step "tests without a browser" node --test "${node_tests[@]}"
  fi
  if [[ ${#browser_tests[@]} -gt 0 ]]; then
    step "browser tests" node --test --test-concurrency=1 "${browser_tests[@]}"
  fi
  say "All checks passed in $SECONDS s."
}

case ${1:-} in
  # Not joined by &&, which would let build_page carry on after a failed command.
  '')
    build_page
    serve_page
    ;;
  build) build_page "${@:2}" ;;
  serve) serve_page ;;
  test) run_tests ;;
  dist)
    build_page
    step "pack dist/" pack_dist
    step "pack dist-npm/" pack_npm
    ;;
  help | -h | --help) usage ;;
  *)
    usage >&2
    fail "unknown command \"$1\""
    ;;
esac
