"""What the collectors of crawled pictures, labels and audits say of themselves at length."""

CRAWL_GUIDE = """\
The searches are those of the file that comes with the program, or of your own (options.keywords): a CSV file of
profession, query and language. Engines find links; the pictures are fetched by this program, which asks robots.txt,
waits between requests, says who it is, and leaves out what is opted out by X-Robots-Tag or by the picture's page.
  bias-exp data --source crawl --out data/crawled --set options.contact=you@example.org --set options.engine=template \\
    --set 'options.template=https://api.openverse.org/v1/images/?q={query}&page={page}&page_size=20'
Openverse and Flickr say the licence and author of each picture; Google, Bing and Baidu do not, and their own robots.txt
may forbid their search pages to programs: read their terms before you set options.search_robots=false.
google, bing, baidu and flickr need `pip install --constraint constraints.txt --editable '.[collect]'`, flickr a key in
FLICKR_APIKEY. options.urls is a CSV file of url, profession, and page_url, licence, licence_url, author if known.
The same command goes on after a stop and asks for nothing twice. Every attempt is a line of <out>/crawl/attempts.jsonl.
A picture that anybody can open is not one whose subject agreed to be in a study: do not publish what you crawl.
"""

CRAWL_OPTIONS = {
    "engine": "",
    "contact": "",
    "professions": [],
    "keywords": "",
    "template": "",
    "urls": "",
    "licence": "",
    "per_profession": 500,
    "per_query": 500,
    "per_page": 20,
    "least_side": 128,
    "near_duplicates": False,
    "pages": True,
    "search_robots": True,
    "delay": 2.0,
    "max_wait": 120.0,
    "timeout": 30.0,
    "max_bytes": 20_000_000,
    "allow_local": False,
}

CRAWL_MEANINGS = {
    "engine": "google, bing, baidu, flickr, template or urls",
    "contact": "a mail address or page by which sites can reach you; it is sent with every request",
    "professions": "some of the file's; [] for all",
    "keywords": "a CSV file of profession, query, language; '' for the one that comes with the program",
    "template": "a search page's URL with {query}, and {offset} or {page}",
    "urls": "a CSV file of links for the engine urls",
    "licence": "as the engine's own filter names it, such as creativecommons for bing",
    "per_profession": "pictures that are enough",
    "per_query": "links that a search gives at most",
    "per_page": "links on one page of the template",
    "least_side": "of the shorter side of a picture, in pixels",
    "near_duplicates": "whether pictures that repeat others nearly, or mirrored, are kept",
    "pages": "whether the page that shows a picture is read for opt-outs, licence and author",
    "search_robots": "whether robots.txt is asked for search pages too",
    "delay": "seconds between two requests to a site, at least",
    "max_wait": "seconds that a site may ask us to wait; a longer wait puts it off to the next run",
    "timeout": "seconds of each wait for an answer",
    "max_bytes": "of one picture",
    "allow_local": "whether machines in private networks may be asked",
}

LABEL_GUIDE = """\
Gender here is how a person looks to somebody in a picture. People say it in a CSV file (options.file: `file` or
`sha256`, and `gender`), or a program of your own does: a function that is given a list of pictures (h, w, 3) uint8 and
gives a list of (label, confidence from 0 to 1), or a CSV file of its answers (options.answers: file, label, confidence,
faces). Nothing in this program guesses a gender.
  bias-exp data --source label --root data/crawled --out data/crawled --set options.file=by_hand.csv
  bias-exp data --source label --root data/crawled --out data/crawled --set options.labeller=mine.py:look
With --out the same as --root the collection's own table gets the labels; with another folder only labels.csv is written
there, which can be given as options.file.
An answer of a program counts from options.threshold on, where the picture has one face; else the gender is unknown.
What a person or a prompt said is never replaced by a program's answer. Audit the labels before you rest on them.
"""

LABEL_OPTIONS = {
    "file": "",
    "answers": "",
    "labeller": "",
    "name": "",
    "threshold": 0.9,
    "one_face": True,
    "faces": "bias_exp.faces.detect:detect",
    "batch": 32,
    "replace": False,
    "words": [],
}

LABEL_MEANINGS = {
    "file": "a CSV file of labels by people: file or sha256, gender",
    "answers": "a CSV file of labels by a program: file, label, confidence, faces",
    "labeller": "a function of yours, module:function or file.py:function: pictures to [(label, confidence)]",
    "name": "of who gives the labels; '' for the file's or function's",
    "threshold": "confidence from which a program's label counts",
    "one_face": "whether a program's label counts only where one face is found",
    "faces": "the function that finds faces where nobody has counted them: a picture to a list",
    "batch": "pictures that the labeller is given at a time",
    "replace": "whether a program's labels are given anew where a program gave them before",
    "words": "further labels beside female, male, nonbinary and unknown",
}

AUDIT_GUIDE = """\
Two people look at the same sample, each alone and without the labels. With --out the same as --root the result lies
where data sheets and tables look for it.
  bias-exp data --source audit --root data/mine --out data/mine
makes <out>/audit/sheet.html, which needs no connection, and sheet.csv. Then with both people's answers:
  bias-exp data --source audit --root data/mine --out data/mine \\
    --set options.first=answers-a.csv --set options.second=answers-b.csv
writes <out>/audit.json: how far the two agree (raw, Cohen's kappa), and how often labels are not what both see, by
gender and source. Where they disagree a third may decide (options.third); else the picture is left out, and counted.
"""

AUDIT_OPTIONS = {"per_stratum": 200, "seed": 0, "side": 224, "words": [], "first": "", "second": "", "third": ""}

AUDIT_MEANINGS = {
    "per_stratum": "pictures of each gender and source",
    "seed": "of the draw",
    "side": "of the pictures on the page, in pixels",
    "words": "further answers beside female, male, nonbinary and unclear",
    "first": "the answers of one person: item, answer",
    "second": "the answers of another",
    "third": "the answers of who decides where these do not agree; '' for nobody",
}
