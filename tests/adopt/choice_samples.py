"""Three hundred personas, and tasks in other words than theirs, each with who should do it. Written for this test."""

from __future__ import annotations

from personae.persona.model import Persona

AREAS = {
    "postgres": "the Postgres database, its tables, indexes and queries",
    "kubernetes": "the Kubernetes cluster, its pods, deployments and ingress",
    "billing": "billing: invoices, refunds, subscriptions and payment providers",
    "login": "login: passwords, sessions, single sign-on and tokens",
    "mobile": "the mobile app for Android and iOS, its screens and store releases",
    "search": "the search engine, its index, ranking and synonyms",
    "email": "outgoing email, its templates, bounces and delivery",
    "terraform": "the cloud accounts as Terraform writes them, networks and buckets",
    "frontend": "the web front end: React components, styles and bundles",
    "etl": "the nightly data pipelines and the warehouse they load",
    "docs": "the user manual and the reference pages",
    "legal": "contracts, licences and privacy notices",
    "payroll": "payroll: salaries, taxes and payslips",
    "support": "support tickets and the answers customers got",
    "firmware": "the firmware of the sensors and their radio",
    "maps": "maps, routes and geocoding of addresses",
    "video": "video uploads, transcoding and streaming",
    "translations": "translated texts, glossaries and locales",
    "analytics": "product analytics: events, funnels and dashboards",
    "fraud": "fraud signals, chargebacks and blocked accounts",
    "warehouse": "stock, shelves, parcels and carriers",
    "chatbot": "the chat assistant, its intents and answers",
    "backup": "backups, snapshots and restores",
    "dns": "domain names, DNS records and certificates",
    "ads": "advertising campaigns, keywords and bids",
    "hiring": "job posts, candidates and interviews",
    "graphics": "icons, illustrations and brand colors",
    "events": "conferences, talks and booths",
    "queue": "message queues, consumers and dead letters",
    "accessibility": "accessibility: screen readers, contrast and keyboard use",
}
JOBS = {
    "reviewer": ("Reviews changes to", "a change should be judged before it is merged"),
    "fixer": ("Finds and repairs faults in", "something is broken and the cause is unknown"),
    "tester": ("Writes and runs tests for", "behavior should be proved or a gap in tests closed"),
    "planner": ("Plans larger work on", "a project needs steps, order and risks"),
    "migrator": ("Moves versions and data of", "an upgrade or a move is due"),
    "measurer": ("Measures speed and cost of", "it is slow or expensive and numbers are wanted"),
    "writer": ("Writes texts about", "people need an explanation or an announcement"),
    "auditor": ("Audits security and rules of", "rights, secrets or compliance are in question"),
    "operator": ("Operates", "something should be started, stopped or watched"),
    "historian": ("Knows the past decisions on", "somebody asks why it is as it is"),
}


def three_hundred() -> list[Persona]:
    """Return them."""
    return [
        Persona(
            name=f"{area}-{job}",
            description=f"{does} {about}. Use when {when}.",
            system_prompt="Work.",
            tools=["read"],
        )
        for area, about in AREAS.items()
        for job, (does, when) in JOBS.items()
    ]


TASKS = {
    "Our invoices for March show a wrong total, find out what is broken": "billing-fixer",
    "Judge this pull request that adds an index to the orders table": "postgres-reviewer",
    "Why did we decide for React instead of another front end?": "frontend-historian",
    "The pods restart every few minutes, find the cause": "kubernetes-fixer",
    "Measure how long a search takes and what it costs": "search-measurer",
    "Plan the steps to bring single sign-on to our login": "login-planner",
    "Write an announcement about the new Android release": "mobile-writer",
    "Are there secrets or too wide rights in our Terraform code?": "terraform-auditor",
    "Prove by tests that bounced emails are not sent again": "email-tester",
    "Move the nightly pipelines to the new warehouse version": "etl-migrator",
    "Check the privacy notice change before it is merged": "legal-reviewer",
    "Payslips are wrong for part-time staff, repair it": "payroll-fixer",
    "Explain to people how support tickets are answered": "support-writer",
    "Upgrade the radio firmware of the sensors": "firmware-migrator",
    "Geocoding addresses is slow, give me numbers": "maps-measurer",
    "Watch the transcoding of video uploads today": "video-operator",
    "Are translated texts compliant with the rules of our glossary?": "translations-auditor",
    "Which gaps are there in the tests of the funnels dashboards?": "analytics-tester",
    "Why do we block accounts after two chargebacks?": "fraud-historian",
    "Plan how parcels get to a second carrier": "warehouse-planner",
    "The chat assistant answers with nonsense intents, find the fault": "chatbot-fixer",
    "Start a restore from last night's snapshot": "backup-operator",
    "Renew certificates and move DNS records to a new provider": "dns-migrator",
    "What do our keywords cost, in numbers?": "ads-measurer",
    "Write a job post for candidates": "hiring-writer",
    "Judge the change of brand colors and icons": "graphics-reviewer",
    "Plan our booth and talks at the conference": "events-planner",
    "Dead letters pile up in a queue, what is broken?": "queue-fixer",
    "Test our pages with a screen reader and the keyboard": "accessibility-tester",
    "Who may read customer passwords? Audit sessions and tokens": "login-auditor",
}
