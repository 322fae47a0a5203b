# shellcheck shell=bash
# The Kubernetes steps of install.sh, which sources this file: say, note, fail and quietly are there.
# Each step looks first: what is there already is left alone, so that all can be repeated.

OLDEST_MINOR=28 # Kubernetes 1.28, by OME's installation page ...
KEDA_MINOR=30   # ... and what today's KEDA wants
OME_VERSION="${AUTOTUNER_OME_VERSION:-1.2.2}"
CERT_MANAGER_VERSION=v1.21.2
OME_CHARTS=oci://ghcr.io/moirai-internal/charts
OME_KINDS="inferenceservices clusterbasemodels clusterservingruntimes benchmarkjobs"
MINOR=0

# kube ARGUMENTS...: kubectl in the cluster that is meant
kube() { kubectl ${CONTEXT:+--context "$CONTEXT"} --request-timeout=20s "$@"; }

# waiting ARGUMENTS...: kubectl for as long as its own --timeout says
waiting() { kubectl ${CONTEXT:+--context "$CONTEXT"} "$@"; }

chart() { helm ${CONTEXT:+--kube-context "$CONTEXT"} "$@"; }

there() { kube get "$@" -o name >/dev/null 2>&1; }

# no_cluster MESSAGE CURE: the end where OME was to be installed; else said, for the local part is of use without
no_cluster() {
    [ "$INSTALL_OME" = no ] || fail "--install-ome: $1" "$2"
    note "Kubernetes: $1 (only tasks for a cluster need it)"
    note "            $2"
}

kubernetes_steps() {
    [ "$SKIP_K8S" = no ] || return 0
    [ "$INSTALL_OME" = yes ] || [ "$DEMO$TEST" = nono ] || return 0 # they are about this machine
    if ! command -v kubectl >/dev/null 2>&1; then
        no_cluster "kubectl is not here" "https://kubernetes.io/docs/tasks/tools/ tells how to get it"
        return 0
    fi
    reach_cluster || return 0
    [ "$INSTALL_OME" = no ] || install_ome
    make_namespace && make_claim && make_rights
    verify_ome
}

reach_cluster() {
    local answer error name
    error="$(mktemp "${TMPDIR:-/tmp}/autotuner-kubectl.XXXXXX")" || fail "cannot write to ${TMPDIR:-/tmp}"
    if ! answer="$(kube get --raw /version 2>"$error")"; then
        no_cluster "no cluster is reached: $(tail -n 1 -- "$error")" "kubectl config get-contexts lists what there is; --context NAME or KUBECONFIG chooses"
        rm -f -- "$error"
        return 1
    fi
    rm -f -- "$error"
    MINOR="$(printf '%s' "$answer" | sed -n 's/.*"minor": *"\([0-9]*\).*/\1/p')"
    name="${CONTEXT:-$(kubectl config current-context 2>/dev/null)}"
    say "Kubernetes 1.$MINOR${name:+, context $name}, namespace $NAMESPACE"
    if [ "${MINOR:-0}" -lt "$OLDEST_MINOR" ]; then
        no_cluster "1.$MINOR is too old for OME" "Kubernetes 1.$OLDEST_MINOR or newer is needed"
        return 1
    fi
}

# ---- where runs make their objects

make_namespace() {
    if there namespace "$NAMESPACE"; then
        note "namespace $NAMESPACE is there"
    elif kube create namespace "$NAMESPACE" >/dev/null 2>&1; then
        note "namespace $NAMESPACE made"
    elif there serviceaccounts -n "$NAMESPACE"; then # not every user may look at namespaces
        note "namespace $NAMESPACE is there"
    else
        not_made "the namespace $NAMESPACE" "kubectl create namespace $NAMESPACE"
        return 1
    fi
}

make_claim() {
    local file="$REPO/examples/ome/benchmark-pvc.yaml" in_namespace="s/namespace: autotuner\$/namespace: $NAMESPACE/"
    if there persistentvolumeclaim benchmark-results-pvc -n "$NAMESPACE"; then
        note "claim benchmark-results-pvc is there"
    elif sed "$in_namespace" "$file" | kube create -f - >/dev/null 2>&1; then
        note "claim benchmark-results-pvc made (results of loads from inside the cluster)"
    else
        not_made "the claim benchmark-results-pvc" "sed '$in_namespace' '$file' | kubectl create -f -"
    fi
}

make_rights() {
    local command="autotuner-tui new --rbac --namespace $NAMESPACE -o -"
    if there role autotuner-tui -n "$NAMESPACE"; then
        note "role autotuner-tui is there"
    elif "$VENV/bin/autotuner-tui" new --rbac --namespace "$NAMESPACE" -o - | kube apply -f - >/dev/null 2>&1; then
        note "service account autotuner-tui made, with the least rights for runs"
    elif kube auth can-i create inferenceservices.ome.io -n "$NAMESPACE" >/dev/null 2>&1; then
        note "this user may make InferenceServices in $NAMESPACE (autotuner-tui check TASK --cluster asks for all the rest)"
    else
        not_made "the service account and its roles" "$command | kubectl apply -f -"
    fi
}

not_made() {
    note "$1 could not be made: this user may not. An administrator does it:"
    note "    $2"
}

# ---- OME

install_ome() {
    local old_way=""
    command -v helm >/dev/null 2>&1 ||
        fail "--install-ome needs Helm, which is not here" "https://helm.sh/docs/intro/install/ tells how to get it"
    case "$(helm version --short 2>/dev/null)" in v4*) old_way=--server-side=false ;; esac
    install_cert_manager
    install_keda
    if there crd inferenceservices.ome.io; then
        note "OME's kinds are there: left alone"
    else
        quietly "Installing OME's kinds ($OME_VERSION)" \
            chart upgrade --install ome-crd "$OME_CHARTS/ome-crd" --version "$OME_VERSION" -n ome --create-namespace
    fi
    for kind in $OME_KINDS; do
        quietly "Waiting for $kind.ome.io" waiting wait --for=condition=Established "crd/$kind.ome.io" --timeout=2m
    done
    if there deployment ome-controller-manager -n ome; then
        note "OME's controller is there: left alone"
    else # its model agent is off in newer charts, and asks for 10 CPUs and 100Gi on every node by itself
        quietly "Installing OME ($OME_VERSION)" \
            chart upgrade --install ome "$OME_CHARTS/ome-resources" --version "$OME_VERSION" -n ome $old_way \
            --set modelAgent.enabled=true \
            --set modelAgent.resources.requests.cpu=1 --set modelAgent.resources.requests.memory=4Gi
    fi
    quietly "Waiting for OME's controller" \
        waiting wait --for=condition=Available deployment/ome-controller-manager -n ome --timeout=5m
    if there daemonset ome-model-agent-daemonset -n ome; then
        quietly "Waiting for OME's model agents" \
            waiting rollout status daemonset/ome-model-agent-daemonset -n ome --timeout=5m
    fi
    quietly "Waiting for OME's webhooks" webhooks_answer
}

install_cert_manager() {
    if there crd certificates.cert-manager.io; then
        note "cert-manager is there: left alone"
        return
    fi
    quietly "Installing cert-manager ($CERT_MANAGER_VERSION)" \
        chart upgrade --install cert-manager oci://quay.io/jetstack/charts/cert-manager \
        --version "$CERT_MANAGER_VERSION" -n cert-manager --create-namespace --set crds.enabled=true
    quietly "Waiting for cert-manager" \
        waiting wait --for=condition=Available deployment --all -n cert-manager --timeout=5m
}

# OME 0.1 wants its kind ScaledObject; newer ones do without
install_keda() {
    if there crd scaledobjects.keda.sh; then
        note "KEDA is there: left alone"
    elif [ "$MINOR" -lt "$KEDA_MINOR" ]; then
        note "KEDA is left out: it wants Kubernetes 1.$KEDA_MINOR, and OME $OME_VERSION does without"
    else
        quietly "Adding KEDA's charts" helm repo add --force-update kedacore https://kedacore.github.io/charts
        quietly "Installing KEDA" chart upgrade --install keda kedacore/keda -n keda --create-namespace
        quietly "Waiting for KEDA" waiting wait --for=condition=Available deployment --all -n keda --timeout=5m
    fi
}

# Right after the install they are not there yet, or their certificate is not known yet. A refusal is an answer.
webhooks_answer() {
    local until=$((SECONDS + ${AUTOTUNER_WEBHOOK_SECONDS:-180})) said
    while :; do
        said="$(kube create --dry-run=server -f - 2>&1 <<'OBJECT'
{"apiVersion": "ome.io/v1beta1", "kind": "InferenceService",
 "metadata": {"name": "autotuner-asks", "namespace": "default"}, "spec": {"engine": {"minReplicas": 1, "maxReplicas": 1}}}
OBJECT
        )"
        case "$said" in
            *"failed calling webhook"* | *"connection refused"* | *"no endpoints available"*) ;;
            *) return 0 ;;
        esac
        echo "$said"
        [ "$SECONDS" -lt "$until" ] || return 1
        sleep 2
    done
}

verify_ome() {
    local kind missing="" available
    for kind in $OME_KINDS; do
        kube get --raw "/apis/ome.io/v1beta1/namespaces/$NAMESPACE/$kind?limit=1" >/dev/null 2>&1 ||
            kube get --raw "/apis/ome.io/v1beta1/$kind?limit=1" >/dev/null 2>&1 ||
            there crd "$kind.ome.io" || missing="$missing $kind"
    done
    if [ -n "$missing" ]; then
        no_cluster "OME's kinds are not there (or may not be looked at):$missing" "./install.sh --install-ome brings OME"
        return 0
    fi
    note "OME's kinds are there"
    available="$(kube get deployment ome-controller-manager -n ome \
        -o 'jsonpath={.status.conditions[?(@.type=="Available")].status}' 2>/dev/null)"
    if [ "$available" = True ]; then
        note "OME's controller is available"
    else
        note "OME's controller was not seen to be available: kubectl -n ome get pods"
    fi
}
